// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <compare>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace transfer_bench {

/// Which way the bytes go, as the active side sees it.
enum class direction { write, read };

std::string to_string(direction x);

/// How a thread waits for work: always awake, asleep after 50 us, or asleep at
/// once. The last one is for counting instructions: it does not count time.
enum class loop_mode { polling, standard, sleeping };

/// Returns "polling", "default" or "sleeping".
std::string to_string(loop_mode x);

/// Returns the loop of that name.
loop_mode parse_loop(const std::string& str);

/// Who asks for operations: an actor on the progress loop, or a scoped actor.
enum class caller { loop, scoped };

std::string to_string(caller x);

/// What a series consists of.
enum class work_kind {
  /// Transfers to or from memory that the peer has exposed before.
  transfers,
  /// The same, with the first contact between the two processes in it.
  cold,
  /// Transfers for which the peer exposes memory each time, and lets go of it.
  cycles,
  /// Transfers with one standing grant, by operations that are prepared once.
  granted,
  /// The same with the CRC32C of every chunk.
  verified,
  /// Transfers like `granted`, while one of all memory, 1 GiB, is under way.
  crowded,
  /// Nothing: `outstanding` passive operations wait for `count` seconds, while
  /// all peers are connected.
  idle,
};

/// A series of transfers of one kind.
struct work {
  work_kind kind = work_kind::transfers;
  direction mode = direction::write;
  /// Bytes of one transfer.
  size_t size = 0;
  /// Pieces of equal size, scattered over memory, that a transfer consists of.
  size_t blocks = 1;
  /// Transfers under way at the same time.
  size_t outstanding = 1;
  /// Transfers in total.
  size_t count = 0;
  caller who = caller::loop;

  friend auto operator<=>(const work&, const work&) = default;
};

/// One line of text that `parse_work` understands.
std::string to_line(const work& x);

work parse_work(std::istream& in);

/// Returns what `x` does, for messages: "write of 4096 bytes, 16 outstanding".
std::string describe(const work& x);

/// What a series took.
struct samples {
  /// Microseconds of each transfer, in no order.
  std::vector<double> us;
  /// From the first begin to the last end.
  double seconds = 0;
  /// How the bytes went, in the library's words.
  std::string lane;
  /// Share of a core that this process used, in percent.
  std::optional<double> cpu_percent;
  /// Resident memory of this process, less the benchmark's buffers, with all
  /// transfers under way; and of the peer, with all operations waiting.
  std::optional<double> rss_kib;
  std::optional<double> peer_rss_kib;
};

/// Returns the value that the share `p`, 0 to 1, of `xs` does not exceed; 0 if
/// there are none.
double percentile(std::vector<double> xs, double p);

/// Prints why and ends the process: a benchmark that fails has no result.
[[noreturn]] void die(const std::string& why);

} // namespace transfer_bench
