// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "subject.hpp"
#include "types.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace transfer_bench {

/// One side of a control that talks to its twin in the other process. One side
/// is active, the other one serves. There are no actors in it.
class control_node {
public:
  virtual ~control_node() = default;

  // -- meeting the twin ------------------------------------------------------

  /// Returns a line that the twin has to know.
  virtual std::string introduce() = 0;

  /// Takes the line of the twin. The passive side speaks first.
  virtual void meet(const std::string& line) = 0;

  // -- active side -----------------------------------------------------------

  samples run(const work& x);

  /// Lets `serve` return on the other side.
  void say_bye();

  // -- passive side ----------------------------------------------------------

  /// Answers until the active side says bye.
  void serve();

protected:
  /// Starts the transfer in a slot of `current()`.
  virtual void begin(size_t slot) = 0;

  /// Does what there is to do; may sleep if there was nothing for a while.
  virtual void progress() = 0;

  virtual void post_bye() = 0;

  /// Returns whether all that was posted has ended.
  virtual bool settled() const = 0;

  /// Takes note that the twin has said bye.
  void hear_bye() noexcept {
    bye_ = true;
  }

  /// Takes note that the transfer in a slot has ended.
  void finish(size_t slot);

  const work& current() const noexcept {
    return work_;
  }

private:
  using clock = std::chrono::steady_clock;

  void begin_next(size_t slot);

  void await_bye();

  work work_;
  samples samples_;
  std::vector<clock::time_point> begun_at_;
  size_t begun_ = 0;
  std::vector<size_t> free_;
  std::vector<size_t> scratch_;
  bool bye_ = false;
};

/// Makes one side of a control; `host` is where its twin runs.
std::unique_ptr<control_node> make_control(contender what, loop_mode mode,
                                           const std::string& host);

} // namespace transfer_bench
