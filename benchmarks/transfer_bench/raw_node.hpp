// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "raw_worker.hpp"
#include "types.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace transfer_bench {

/// The control without actors: the library's protocol (chunks of the same size,
/// the same window, eager or rendezvous by the same rule, an acknowledgement)
/// in as few lines as UCX allows. One side is active, the other one serves.
class raw_node : private raw_listener {
public:
  explicit raw_node(loop_mode mode);

  std::string address() const {
    return worker_.address();
  }

  void connect(const std::string& address) {
    worker_.connect(address);
  }

  /// Active side: runs transfers.
  samples run(const work& x);

  /// Active side: lets `serve` return on the other one.
  void say_bye();

  /// Passive side: answers until the active side says bye.
  void serve();

private:
  using clock = std::chrono::steady_clock;

  /// What leaves this side, by slot.
  struct outgoing {
    uint64_t base = 0;
    uint64_t total = 0;
    uint64_t posted = 0;
    uint64_t in_flight = 0;
    bool acknowledged = false;
  };

  /// What comes to this side, by slot.
  struct incoming {
    uint64_t landed = 0;
    bool complete = false;
  };

  struct slot {
    outgoing out;
    incoming in;
    clock::time_point begin;
    bool active = false;
  };

  // -- overrides of raw_listener ---------------------------------------------

  void on_message(const raw_header& x) override;

  std::span<std::byte> target(const raw_header& x, size_t size) override;

  void on_landed(const raw_header& x, size_t size) override;

  void on_sent(const raw_header& x) override;

  // -- transfers -------------------------------------------------------------

  slot& at(size_t index);

  void begin(size_t index, const work& x);

  static bool done(const slot& x, direction mode);

  /// Posts what the window of a slot has room for.
  void refill(size_t index);

  /// Does what UCX's callbacks may only ask for.
  void settle();

  raw_worker worker_;
  uint64_t chunk_size_;
  uint64_t window_;
  std::vector<slot> slots_;
  std::vector<size_t> to_refill_;
  std::vector<size_t> to_acknowledge_;
  std::vector<size_t> scratch_;
  bool bye_ = false;
};

} // namespace transfer_bench
