// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace kv_cluster {

/// Names the KV cache of 512 tokens in a row, and of all that come before them.
using block_id = uint64_t;

/// Tokens of one block, as in the traces of Mooncake.
inline constexpr uint64_t tokens_per_block = 512;

/// One request of a trace.
struct trace_request {
  /// From the beginning of the trace.
  std::chrono::milliseconds timestamp{0};
  /// Tokens.
  uint64_t input_length = 0;
  uint64_t output_length = 0;
  /// One for each block of the input.
  std::vector<block_id> hash_ids;

  friend bool operator==(const trace_request&, const trace_request&) = default;
};

using trace = std::vector<trace_request>;

/// Reads a trace in Mooncake's public format: JSON lines with `timestamp` (ms),
/// `input_length`, `output_length` and `hash_ids`. An error names the line.
caf::expected<trace> read_trace(std::istream& in);

caf::expected<trace> read_trace(const std::string& file);

/// Makes a trace of the same shape: conversations that begin with a common
/// prompt and grow with each turn.
trace make_trace(size_t requests, uint64_t seed);

} // namespace kv_cluster
