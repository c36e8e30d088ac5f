// SPDX-License-Identifier: BSD-3-Clause

#include "control_node.hpp"

#include "message_node.hpp"
#include "pull_node.hpp"
#include "put_node.hpp"
#include "tcp_node.hpp"

#include <algorithm>
#include <utility>

namespace transfer_bench {

// -- active side -------------------------------------------------------------

samples control_node::run(const work& x) {
  work_ = x;
  samples_ = {};
  samples_.us.reserve(x.count);
  begun_at_.assign(x.outstanding, {});
  begun_ = 0;
  auto start = clock::now();
  for (size_t slot = 0; slot < std::min(x.outstanding, x.count); ++slot)
    begin_next(slot);
  while (samples_.us.size() < x.count) {
    if (free_.empty())
      progress();
    scratch_.swap(free_);
    for (auto slot : scratch_)
      if (begun_ < x.count)
        begin_next(slot);
    scratch_.clear();
  }
  free_.clear();
  samples_.seconds
    = std::chrono::duration<double>(clock::now() - start).count();
  return std::move(samples_);
}

void control_node::begin_next(size_t slot) {
  ++begun_;
  begun_at_[slot] = clock::now();
  begin(slot);
}

void control_node::finish(size_t slot) {
  auto time = clock::now() - begun_at_[slot];
  samples_.us.push_back(
    std::chrono::duration<double, std::micro>(time).count());
  free_.push_back(slot);
}

void control_node::say_bye() {
  post_bye();
  await_bye();
}

// -- passive side ------------------------------------------------------------

void control_node::serve() {
  await_bye();
  post_bye();
  while (!settled())
    progress();
}

// The twin may need our progress as long as it has not said bye.
void control_node::await_bye() {
  while (!bye_ || !settled())
    progress();
  bye_ = false;
}

// -- factory -----------------------------------------------------------------

std::unique_ptr<control_node> make_control(contender what, loop_mode mode,
                                           const std::string& host) {
  switch (what) {
    case contender::raw_ucx:
    case contender::raw_eager:
      return std::make_unique<message_node>(mode, what);
    case contender::raw_put:
      return std::make_unique<put_node>(mode);
    case contender::raw_pull:
      return std::make_unique<pull_node>(mode);
    case contender::tcp_socket:
      return std::make_unique<tcp_node>(mode, host);
    default:
      die(to_string(what) + " has no second side");
  }
}

} // namespace transfer_bench
