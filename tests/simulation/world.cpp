// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace rdma_sim {

namespace {

std::string name(size_t i) {
  return "worker-" + std::to_string(i);
}

// In which all that was let go ends: several times the grace of peers that do
// not let go.
constexpr auto time_to_end = 2s;

} // namespace

// -- construction, destruction -----------------------------------------------

world::world(caf::actor_system& sys, uint64_t seed)
  : sys_(sys), dice_(seed), gpus_(std::make_shared<gpus>(dice_)) {
  workers_.resize(2 + dice_.below(5));
  for (size_t i = 0; i < workers_.size(); ++i)
    replace(i);
}

world::~world() {
  for (auto& x : operations_) {
    x.wait.reset();
    x.cancels.clear();
  }
}

// -- steps -------------------------------------------------------------------

void world::run() {
  for (auto n = 100 + dice_.below(300 * workers_.size()); n > 0; --n) {
    step();
    look();
    ++stats_.steps;
  }
  bring_to_end();
  check_end();
  check_leaks();
  stats_.operations += operations_.size();
}

void world::step() {
  auto roll = dice_.below(1000);
  if (roll < weather_)
    fault();
  else if (roll < 30)
    advance(1ms * dice_.below(60));
  else if (roll < 70)
    create();
  else if (roll < 73)
    crowd();
  else if (roll < 75 + weather_ / 3)
    cancel();
  else if (roll < 77 + weather_ / 3)
    drop();
  else if (roll < 300)
    net_.deliver();
  else
    workers_[dice_.below(workers_.size())]->run();
}

void world::look() {
  check();
  finish_shutdowns();
}

void world::advance(caf::timespan delay) {
  now_ += delay;
}

void world::replace(size_t i) {
  workers_[i].reset();
  workers_[i] = std::make_unique<worker>(sys_, now_, net_, dice_, name(i),
                                         gpus_);
  ++lives_;
}

// -- the end -----------------------------------------------------------------

// Time passes until every operation has ended: none may wait for ever.
void world::bring_to_end() {
  for (auto& x : workers_)
    x->stopped = false;
  for (auto& x : operations_)
    if (x.handle && !x.wait && !workers_[x.home]->shutting_down())
      x.wait.emplace(sys_, x.handle.actor(), rdma::wait_atom_v);
  pass(time_to_end);
  check_let_go();
  for (auto& x : operations_)
    if (x.endless && x.handle && !x.end)
      let_go(x);
  auto open = [](const user_operation& x) { return x.wait && !x.end; };
  for (auto passed = 0s; std::ranges::any_of(operations_, open); ++passed) {
    if (passed > 60s)
      throw broken_promise{"an operation does not end"};
    pass(1s);
  }
  settle();
}

void world::pass(caf::timespan time) {
  for (auto passed = 0ms; passed < time; passed += 250ms) {
    settle();
    advance(250ms);
  }
}

void world::settle() {
  for (auto n = 0; n < 100'000; ++n) {
    size_t events = 0;
    for (auto& x : workers_)
      events += x->run();
    events += net_.deliver();
    look();
    if (events == 0)
      return;
  }
  throw broken_promise{"the world does not come to rest"};
}

} // namespace rdma_sim
