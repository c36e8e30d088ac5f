// SPDX-License-Identifier: BSD-3-Clause

// What the users of a simulated world do.

#include "caf_rdma/tests/simulation/world.hpp"

#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace rdma_sim {

namespace {

/// Describes the memory in two parts, if it has two bytes.
rdma::descriptor_list describe(const user_operation& x) {
  auto* data = x.memory->data();
  auto where = rdma::cpu;
  if (x.on_gpu) {
    data = gpus::address_of(data);
    where = rdma::cuda(0);
  }
  auto size = x.memory->size();
  auto half = size / 2;
  rdma::descriptor_list result;
  if (half > 0)
    result.emplace_back(data, half, where, x.memory);
  result.emplace_back(data + half, size - half, where, x.memory);
  return result;
}

} // namespace

template <class T, class Handle, class... Ts>
caf::expected<T> world::ask(size_t i, const Handle& to, Ts&&... xs) {
  rdma_test::pending<T> result{sys_, to, std::forward<Ts>(xs)...};
  for (auto n = 0; !result.answered(); ++n) {
    if (n > 10'000)
      throw broken_promise{"a request is not answered"};
    workers_[i]->run();
  }
  return result.get();
}

user_operation& world::add(size_t home, size_t size, bool active,
                           bool destination) {
  auto& x = operations_.emplace_back();
  x.home = home;
  x.life = workers_[home]->info().incarnation;
  x.active = active;
  x.destination = destination;
  x.on_gpu = dice_.percent(25);
  x.pattern = destination ? std::byte{0} : static_cast<std::byte>(++patterns_);
  x.may_get(x.pattern);
  x.memory = std::make_shared<std::vector<std::byte>>(size, x.pattern);
  return x;
}

void world::start(user_operation& x, caf::expected<rdma::operation> made) {
  if (!made)
    throw broken_promise{"refused: " + to_string(made.error())};
  x.handle = std::move(*made);
  if (dice_.percent(70))
    x.wait.emplace(sys_, x.handle.actor(), rdma::wait_atom_v);
}

rdma::operation_options world::pick_options() {
  rdma::operation_options result;
  auto roll = dice_.below(100);
  if (roll < 30)
    result.deadline = 10ms * (1 + dice_.below(200));
  else if (roll < 90)
    result.deadline = 4s;
  else
    result.deadline = caf::infinite;
  return result;
}

void world::create() {
  auto home = dice_.below(workers_.size());
  if (!open(home) || full())
    return;
  if (!operations_.empty() && dice_.percent(60))
    begin(home, dice_.below(operations_.size()));
  else
    grant(home, dice_.percent(40));
}

void world::grant(size_t home, bool standing) {
  auto opts = pick_options();
  auto& x = add(home, 1 + dice_.below(100), false, dice_.percent(50));
  x.endless = opts.deadline == caf::infinite;
  if (standing) {
    opts.grant.claims = dice_.below(4);
    opts.grant.blocks = dice_.percent(50);
    opts.grant.verify = dice_.percent(20);
    x.standing = opts.grant.standing();
    if (x.standing && dice_.percent(50)) {
      x.listener = std::make_unique<caf::scoped_actor>(sys_);
      opts.listener = caf::actor_cast<caf::actor>(x.listener->ptr());
    }
  }
  auto& to = workers_[home]->connector();
  if (x.destination)
    start(x, ask<rdma::operation>(home, to, rdma::create_writable_atom_v,
                                  describe(x), opts));
  else
    start(x, ask<rdma::operation>(home, to, rdma::create_readable_atom_v,
                                  describe(x), opts));
  x.metadata = *ask<rdma::metadata>(home, x.handle.actor(),
                                    rdma::metadata_atom_v);
}

void world::begin(size_t home, size_t partner) {
  auto& to = operations_[partner];
  if (to.active || to.home == home)
    return;
  auto opts = pick_options();
  opts.priority
    = static_cast<rdma::priority>(dice_.below(rdma::priority_count));
  opts.verify = dice_.percent(20);
  auto size = to.memory->size();
  if (to.metadata->terms.blocks && dice_.percent(60)) {
    opts.blocks.remote = pick_blocks(to);
    size = rdma::total_size(opts.blocks.remote);
  }
  auto& x = add(home, size, true, !to.destination);
  if (to.metadata->terms.notifications && dice_.percent(50))
    x.note = "note " + std::to_string(operations_.size());
  opts.notification = x.note;
  x.endless = opts.deadline == caf::infinite;
  x.partner = partner;
  if (x.destination)
    x.may_get(to.pattern);
  else
    to.may_get(x.pattern);
  auto& connector = workers_[home]->connector();
  auto& metadata = *to.metadata;
  if (x.destination)
    start(x, ask<rdma::operation>(home, connector, rdma::begin_read_atom_v,
                                  metadata, describe(x), opts));
  else
    start(x, ask<rdma::operation>(home, connector, rdma::begin_write_atom_v,
                                  describe(x), metadata, opts));
}

void world::crowd() {
  auto home = dice_.below(workers_.size());
  if (!open(home))
    return;
  auto first = operations_.size();
  for (auto n = 1 + dice_.below(2); n > 0 && !full(); --n)
    grant(home, true);
  auto last = operations_.size();
  for (size_t i = 0; i < workers_.size(); ++i)
    for (auto j = first; j < last; ++j)
      if (i != home && open(i) && !full() && dice_.percent(80))
        begin(i, j);
}

rdma::selection world::pick_blocks(const user_operation& x) {
  rdma::selection result;
  auto& parts = x.metadata->descriptors;
  for (auto n = 1 + dice_.below(3); n > 0; --n) {
    auto i = dice_.below(parts.size());
    auto size = parts[i].size;
    rdma::block_run run;
    run.descriptor = static_cast<uint32_t>(i);
    run.offset = dice_.below(size);
    run.length = 1 + dice_.below(size - run.offset);
    run.stride = run.length + dice_.below(3);
    run.count = static_cast<uint32_t>(
      1 + dice_.below((size - run.offset - run.length) / run.stride + 1));
    result.push_back(run);
  }
  return result;
}

user_operation* world::pick() {
  if (operations_.empty())
    return nullptr;
  auto& x = operations_[dice_.below(operations_.size())];
  return x.handle && !workers_[x.home]->stopped ? &x : nullptr;
}

void world::cancel() {
  if (auto* x = pick())
    x->cancels.emplace_back(sys_, x->handle.actor(), rdma::cancel_atom_v,
                            std::string{"enough"});
}

// Whoever waits may be there still, or not.
void world::drop() {
  auto* x = pick();
  if (x == nullptr)
    return;
  if (dice_.percent(50)) {
    x->wait.reset();
    x->cancels.clear();
  }
  let_go(*x);
}

void world::let_go(user_operation& x) {
  x.handle = {};
  x.let_go = true;
  ++stats_.lost_operations;
}

} // namespace rdma_sim
