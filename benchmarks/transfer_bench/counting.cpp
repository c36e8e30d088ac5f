// SPDX-License-Identifier: BSD-3-Clause

#include "counting.hpp"

#include "library_session.hpp"
#include "memory.hpp"
#include "peer_process.hpp"
#include "time_limit.hpp"

#if __has_include(<valgrind/callgrind.h>)
#  include <valgrind/callgrind.h>
#else
#  define CALLGRIND_START_INSTRUMENTATION
#  define CALLGRIND_STOP_INSTRUMENTATION
#endif

#include <iostream>
#include <utility>

namespace transfer_bench {

namespace {

constexpr unsigned patience_s = 600;

} // namespace

void count_operations(const options& opts) {
  limit_time("counting", patience_s);
  work x;
  x.mode = opts.modes.empty() || opts.modes.front() == "write"
             ? direction::write
             : direction::read;
  x.size = opts.sizes.empty() ? 4096 : opts.sizes.front();
  x.outstanding = opts.outstanding.empty() ? 1 : opts.outstanding.front();
  x.count = opts.operations;
  auto loop = opts.loops.empty() ? loop_mode::sleeping
                                 : parse_loop(opts.loops.front());
  auto lane = opts.lanes.empty() ? library_lanes().front() : opts.lanes.front();
  peer_process other{opts.connect};
  reserve_memory(memory_for(x));
  other.ask("memory " + std::to_string(memory().size()));
  library_session session{{contender::library, loop, lane, 1, 1}, other};
  auto warm_up = x;
  warm_up.count = x.outstanding;
  session.run(warm_up);
  auto granted = !opts.cases.empty() && opts.cases.front() == "granted";
  auto remote = granted ? std::vector{session.grant(x)} : session.create(x);
  CALLGRIND_START_INSTRUMENTATION;
  auto result = granted ? session.node().run_granted(x, remote.front())
                        : session.node().run(x, std::move(remote));
  CALLGRIND_STOP_INSTRUMENTATION;
  std::cout << x.count << " operations (" << describe(x) << "), "
            << percentile(result.us, 0.5) << " us each\n";
}

} // namespace transfer_bench
