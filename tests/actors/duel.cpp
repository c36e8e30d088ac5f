// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/duel.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <memory>
#include <thread>

namespace rdma_test {

namespace {

constexpr size_t min_size = size_t{4} << 10;
constexpr size_t max_size = size_t{8} << 20;

// Duels at the same time, and memory that rests under its poison meanwhile.
constexpr size_t max_running = 4;
constexpr size_t num_arenas = 10;

bool is_one_of(const std::vector<std::string>& xs, const std::string& x) {
  return std::find(xs.begin(), xs.end(), x) != xs.end();
}

} // namespace

// -- final_watch -------------------------------------------------------------

final_watch::final_watch(caf::actor_config& cfg, rdma::operation_actor op,
                         callback f)
  : hosted_actor(cfg), op_(std::move(op)), f_(std::move(f)) {
  // nop
}

caf::behavior final_watch::make_behavior() {
  request(std::exchange(op_, nullptr), caf::infinite, rdma::wait_atom_v)
    .then([this](const rdma::report&) { done({}); },
          [this](const caf::error& reason) { done(reason); });
  return {};
}

void final_watch::done(const caf::error& reason) {
  f_(reason);
  quit();
}

// -- duellist ----------------------------------------------------------------

duellist::duellist(std::byte poison, size_t max_size)
  : poison(poison), memory(max_size, poison) {
  // nop
}

void duellist::take(node& owner, rdma::operation x,
                    std::span<const std::byte> expected) {
  name = owner.runtime.worker_id();
  op = std::move(x);
  whys.clear();
  auto promise = std::make_shared<std::promise<ending>>();
  end_ = promise->get_future();
  auto on_final = [this, promise, expected](const caf::error& err) {
    auto same = std::equal(expected.begin(), expected.end(), memory.begin());
    std::fill(memory.begin(), memory.end(), poison);
    promise->set_value({err, same});
  };
  owner.runtime.loop().spawn<final_watch>(op.actor(), std::move(on_final));
}

void duellist::cancel(const std::string& why) {
  whys.push_back(why);
  caf::anon_send(op.actor(), rdma::cancel_atom_v, why);
}

bool duellist::over() const {
  return end_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

void duellist::join() {
  if (end_.wait_for(patience) != std::future_status::ready)
    FAIL("an operation does not end");
  auto x = end_.get();
  reason = std::move(x.reason);
  intact = x.intact;
  op = rdma::operation{};
}

bool duellist::undisturbed() const {
  return std::all_of(memory.begin(), memory.end(),
                     [this](std::byte x) { return x == poison; });
}

// -- duel --------------------------------------------------------------------

struct duel::arena {
  duellist source{std::byte{0xEE}, max_size};
  duellist target{std::byte{0x11}, max_size};
  duellist* active = nullptr;
  duellist* passive = nullptr;
  size_t size = 0;
};

duel::duel(node& left, node& right, unsigned seed)
  : left_(left),
    right_(right),
    engine_(seed),
    reference_(pattern(2 * max_size, seed)) {
  // nop
}

size_t duel::random(size_t low, size_t high) {
  return std::uniform_int_distribution<size_t>{low, high}(engine_);
}

void duel::run(size_t rounds) {
  std::deque<arena> arenas(num_arenas);
  std::deque<arena*> running;
  for (size_t i = 0; i < rounds; ++i) {
    auto& x = arenas[i % num_arenas];
    REQUIRE(x.source.undisturbed());
    REQUIRE(x.target.undisturbed());
    start(x);
    running.push_back(&x);
    if (running.size() == max_running) {
      finish(*running.front());
      running.pop_front();
    }
  }
  for (auto* x : running)
    finish(*x);
  for (auto& x : arenas) {
    CHECK(x.source.undisturbed());
    CHECK(x.target.undisturbed());
  }
}

void duel::start(arena& x) {
  auto exponent = std::uniform_real_distribution<>{
    std::log2(min_size), std::log2(max_size)}(engine_);
  x.size = static_cast<size_t>(std::exp2(exponent));
  std::span expected{reference_.data() + random(0, max_size), x.size};
  std::copy(expected.begin(), expected.end(), x.source.memory.begin());
  rdma::descriptor_list from{
    rdma::descriptor{std::span{x.source.memory}.first(x.size)}};
  rdma::descriptor_list to{
    rdma::descriptor{std::span{x.target.memory}.first(x.size)}};
  auto write = random(0, 1) == 0;
  auto swap = random(0, 1) == 0;
  auto& near = swap ? left_ : right_;
  auto& far = swap ? right_ : left_;
  x.active = write ? &x.source : &x.target;
  x.passive = write ? &x.target : &x.source;
  x.passive->take(far,
                  write ? far.begin(rdma::create_writable_atom_v, to)
                        : far.begin(rdma::create_readable_atom_v, from),
                  expected);
  auto metadata = far.describe(x.passive->op);
  if (random(0, 9) == 0)
    x.passive->cancel("before the claim");
  x.active->take(near,
                 write ? near.begin(rdma::begin_write_atom_v, from, metadata)
                       : near.begin(rdma::begin_read_atom_v, metadata, to),
                 expected);
  cancel_some(x);
}

void duel::cancel_some(arena& x) {
  auto times = random(0, 3);
  for (size_t i = 0; i < times; ++i) {
    auto delay = random(0, 3) == 0 ? 0 : random(0, 100'000 + x.size);
    std::this_thread::sleep_for(std::chrono::nanoseconds{delay});
    auto who = random(1, 3);
    auto why = std::to_string(++rounds_);
    if ((who & 1) != 0)
      x.active->cancel("active " + why);
    if ((who & 2) != 0)
      x.passive->cancel("passive " + why);
  }
}

void duel::finish(arena& x) {
  x.active->join();
  // Nobody has claimed it, or the news is still on its way.
  if (!x.passive->over())
    x.passive->cancel("left over");
  x.passive->join();
  CAPTURE(x.size, x.active == &x.source, to_string(x.active->reason),
          to_string(x.passive->reason));
  CHECK(x.source.complete() == x.target.complete());
  if (x.target.complete())
    CHECK(x.target.intact);
  check(*x.active, *x.passive, true);
  check(*x.passive, *x.active, false);
}

void duel::check(const duellist& x, const duellist& other, bool active) {
  auto code = rdma::code_of(x.reason);
  ++ends[x.complete() ? "COMPLETE" : to_string(code)];
  if (x.complete())
    return;
  // Has come too late to claim what the other side had cancelled.
  if (active && code == rdma::errc::operation_ended) {
    CHECK(rdma::code_of(other.reason) == rdma::errc::cancelled);
    return;
  }
  CHECK(code == rdma::errc::cancelled);
  auto why = rdma::reason_of(x.reason);
  auto prefix = "at peer " + other.name + ": ";
  if (why.starts_with(prefix))
    CHECK(is_one_of(other.whys, why.substr(prefix.size())));
  else
    CHECK(is_one_of(x.whys, why));
}

} // namespace rdma_test
