// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include <compare>
#include <string>

namespace transfer_bench {

/// What is measured, or what it is measured against.
enum class contender {
  library,
  /// UCX active messages, eager or by rendezvous as the library's options say.
  raw_ucx,
  /// UCX active messages, always eager.
  raw_eager,
  /// UCX put and get.
  raw_put,
  /// UCX active messages that offer, `process_vm_readv` that fetches.
  raw_pull,
  process_vm_readv,
  memcpy,
  tcp_socket,
  /// CAF alone, in one process: the messages of a write.
  actors,
};

std::string to_string(contender x);

/// Returns the contender of that name.
contender parse_contender(const std::string& str);

/// A contender and how it is set up.
struct subject {
  contender what = contender::library;
  loop_mode loop = loop_mode::polling;
  /// Lane of the library; empty for controls.
  std::string lane;
  /// Runtimes of the library in this process and in the other one.
  size_t runtimes = 1;
  size_t peers = 1;

  friend auto operator<=>(const subject&, const subject&) = default;
};

} // namespace transfer_bench
