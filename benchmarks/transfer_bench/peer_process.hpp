// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "line_channel.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace transfer_bench {

/// This program once more, as the passive side: started here, or on a host
/// where somebody has called it with `--serve`.
class peer_process {
public:
  /// Starts the process, unless `remote` (HOST:PORT) says that there is one.
  explicit peer_process(const std::string& remote);

  /// Ends it.
  ~peer_process();

  peer_process(const peer_process&) = delete;

  peer_process& operator=(const peer_process&) = delete;

  // -- properties ------------------------------------------------------------

  /// The host it runs on, as this one says.
  const std::string& host() const noexcept {
    return host_;
  }

  /// Whether this process may read that one's memory.
  bool same_host() const noexcept {
    return same_host_;
  }

  line_channel& channel() noexcept {
    return *channel_;
  }

  // -- talking ---------------------------------------------------------------

  void tell(const std::string& line);

  /// Returns the next line; ends this program if there is none.
  std::string hear();

  std::string ask(const std::string& line) {
    tell(line);
    return hear();
  }

private:
  void start();

  void connect(const std::string& remote);

  std::string host_ = "127.0.0.1";
  bool same_host_ = false;
  pid_t pid_ = -1;
  std::optional<line_channel> channel_;
};

} // namespace transfer_bench
