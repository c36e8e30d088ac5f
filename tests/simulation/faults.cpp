// SPDX-License-Identifier: BSD-3-Clause

// What befalls the workers of a simulated world, and their links.

#include "caf_rdma/tests/simulation/world.hpp"

#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace rdma_sim {

void world::fault() {
  auto i = dice_.below(workers_.size());
  auto& x = *workers_[i];
  auto roll = dice_.below(100);
  if (roll < 30) {
    if (!x.stopped) {
      x.transport().break_link();
      ++stats_.lost_links;
    }
  } else if (roll < 40) {
    break_many_links();
  } else if (roll < 62) {
    x.stopped = !x.stopped;
    ++stats_.stops;
  } else if (roll < 72) {
    hang(i);
  } else if (roll < 82) {
    kill(i);
  } else if (roll < 90) {
    close(i);
  } else {
    advance(100ms * dice_.below(60));
  }
}

// What the wires lose, both sides get to know of: a process that is stopped as
// soon as it goes on.
void world::break_many_links() {
  auto count = workers_.size();
  auto group = dice_.percent(50) ? uint64_t{1} << dice_.below(count)
                                 : dice_.below(uint64_t{1} << count);
  auto in_group = [this, group](uint64_t incarnation) {
    for (size_t i = 0; i < workers_.size(); ++i)
      if (workers_[i]->info().incarnation == incarnation)
        return ((group >> i) & 1) != 0;
    return false;
  };
  auto apart = [&in_group](uint64_t x, uint64_t y) {
    return in_group(x) != in_group(y);
  };
  auto cut = dice_.percent(50);
  if (cut)
    net_.cut(apart);
  for (auto& x : workers_) {
    auto here = x->info().incarnation;
    if (!x->stopped)
      stats_.lost_links += x->transport().break_links(
        [&](uint64_t peer) { return apart(here, peer); });
    else if (cut)
      for (auto& y : workers_)
        if (apart(here, y->info().incarnation))
          x->cut_off(y->info().incarnation);
  }
}

void world::hang(size_t i) {
  if (workers_[i]->stopped)
    return;
  workers_[i]->stopped = true;
  ++stats_.stops;
  auto time = 700ms + 1ms * dice_.below(600);
  for (auto passed = 0ms; passed < time; passed += 50ms) {
    advance(50ms);
    for (auto n = dice_.below(30); n > 0; --n) {
      net_.deliver();
      workers_[dice_.below(workers_.size())]->run();
      look();
    }
  }
  workers_[i]->stopped = false;
}

void world::kill(size_t i) {
  // Whatever its users hold dies with the process.
  for (auto& x : operations_)
    if (x.home == i && alive(x)) {
      x.wait.reset();
      x.cancels.clear();
      x.listener.reset();
      x.handle = {};
    }
  replace(i);
  ++stats_.kills;
}

void world::close(size_t i) {
  if (!open(i))
    return;
  auto& home = *workers_[i];
  if (dice_.percent(70)) {
    home.shut_down();
    ++stats_.shutdowns;
    return;
  }
  for (auto& x : operations_)
    x.let_go = x.let_go || (x.home == i && alive(x));
  home.drop_connector();
  home.spawn_connector();
}

void world::finish_shutdowns() {
  for (size_t i = 0; i < workers_.size(); ++i) {
    auto& home = *workers_[i];
    if (home.stopped || !home.shut_down_ended())
      continue;
    home.close_links();
    check();
    for (auto& x : operations_)
      if (x.home == i && alive(x) && x.wait && !x.end)
        throw broken_promise{"a runtime has gone, but somebody waits"};
    replace(i);
    for (auto& x : operations_)
      if (x.home == i && !alive(x))
        x.handle = {};
  }
}

} // namespace rdma_sim
