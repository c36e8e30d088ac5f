// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace transfer_bench {

/// Which way the bytes go, as the active side sees it.
enum class direction { write, read };

std::string to_string(direction x);

/// How a thread waits for UCX: always awake, or asleep after 50 us.
enum class loop_mode { polling, standard };

/// Returns "polling" or "default".
std::string to_string(loop_mode x);

/// Who asks for operations: an actor on the progress loop, or a scoped actor.
enum class caller { loop, scoped };

std::string to_string(caller x);

/// A series of transfers of one kind.
struct work {
  direction mode = direction::write;
  /// Bytes of one transfer.
  size_t size = 0;
  /// Transfers under way at the same time.
  size_t outstanding = 1;
  /// Transfers in total.
  size_t count = 0;
  caller who = caller::loop;
};

/// What a series took.
struct samples {
  /// Microseconds of each transfer, in no order.
  std::vector<double> us;
  /// From the first begin to the last end.
  double seconds = 0;
  /// How the bytes went, in the library's words.
  std::string lane;
};

/// Returns the value that the share `p`, 0 to 1, of `xs` does not exceed; 0 if
/// there are none.
double percentile(std::vector<double> xs, double p);

/// Prints why and ends the process: a benchmark that fails has no result.
[[noreturn]] void die(const std::string& why);

} // namespace transfer_bench
