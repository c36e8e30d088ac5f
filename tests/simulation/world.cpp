// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace rdma_sim {

namespace {

constexpr size_t worker_count = 3;

std::string name(size_t i) {
  return "worker-" + std::to_string(i);
}

} // namespace

// -- construction, destruction -----------------------------------------------

world::world(caf::actor_system& sys, uint64_t seed)
  : sys_(sys), dice_(seed), gpus_(std::make_shared<gpus>(dice_)) {
  for (size_t i = 0; i < worker_count; ++i)
    workers_.push_back(
      std::make_unique<worker>(sys_, now_, net_, dice_, name(i), gpus_));
}

world::~world() {
  for (auto& x : operations_) {
    x.wait.reset();
    x.cancels.clear();
  }
}

// -- steps -------------------------------------------------------------------

void world::run() {
  for (auto n = 100 + dice_.below(900); n > 0; --n) {
    step();
    check();
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
  else if (roll < 72 + weather_ / 3)
    cancel();
  else if (roll < 73 + weather_ / 3)
    drop();
  else if (roll < 300)
    net_.deliver();
  else
    workers_[dice_.below(worker_count)]->run();
}

void world::fault() {
  auto i = dice_.below(worker_count);
  auto& x = *workers_[i];
  auto roll = dice_.below(100);
  if (roll < 40) {
    if (!x.stopped) {
      x.transport().break_link();
      ++stats_.lost_links;
    }
  } else if (roll < 75) {
    x.stopped = !x.stopped;
    ++stats_.stops;
  } else if (roll < 88) {
    kill(i);
  } else {
    advance(100ms * dice_.below(60));
  }
}

void world::advance(caf::timespan delay) {
  now_ += delay;
}

void world::kill(size_t i) {
  // Whatever its users hold dies with the process.
  for (auto& x : operations_)
    if (x.home == i && alive(x)) {
      x.wait.reset();
      x.cancels.clear();
      x.handle = {};
    }
  workers_[i].reset();
  workers_[i] = std::make_unique<worker>(sys_, now_, net_, dice_, name(i),
                                         gpus_);
  ++lives_;
  ++stats_.kills;
}

// -- the end -----------------------------------------------------------------

// Time passes until every operation has ended: none may wait for ever.
void world::bring_to_end() {
  for (auto& x : workers_)
    x->stopped = false;
  for (auto& x : operations_)
    if (x.handle && !x.wait)
      x.wait.emplace(sys_, x.handle.actor(), rdma::wait_atom_v);
  auto open = [this](const user_operation& x) { return x.handle && !x.end; };
  for (auto passed = 0s; std::ranges::any_of(operations_, open); ++passed) {
    if (passed > 60s)
      throw broken_promise{"an operation does not end"};
    for (auto i = 0; i < 4; ++i) {
      settle();
      advance(250ms);
    }
  }
  settle();
}

void world::settle() {
  for (auto n = 0; n < 100'000; ++n) {
    size_t events = 0;
    for (auto& x : workers_)
      events += x->run();
    events += net_.deliver();
    check();
    if (events == 0)
      return;
  }
  throw broken_promise{"the world does not come to rest"};
}

} // namespace rdma_sim
