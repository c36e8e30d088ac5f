// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "control_node.hpp"
#include "spin_wait.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace transfer_bench {

/// A control over one plain TCP connection: a header, the bytes, an
/// acknowledgement.
class tcp_node : public control_node {
public:
  tcp_node(loop_mode mode, std::string host);

  ~tcp_node() override;

  std::string introduce() override;

  void meet(const std::string& line) override;

protected:
  void post_bye() override;

  void begin(size_t slot) override;

  void progress() override;

  bool settled() const override;

private:
  struct header {
    enum kind : uint32_t { data, ask, ack, bye };

    kind what = data;
    uint32_t slot = 0;
    uint64_t total = 0;
  };

  struct outgoing {
    header head;
    std::span<std::byte> data;
    /// Of head and data.
    size_t sent = 0;
  };

  void send(const header& x);

  // -- the socket ------------------------------------------------------------

  /// Writes what the socket takes; returns whether it took anything.
  bool write_some();

  /// Reads what the socket has; returns whether it had anything.
  bool read_some();

  /// Deals with the buffer. Large data is left to be read into place.
  void parse();

  void on_header(const header& x);

  void on_data_complete();

  void sleep();

  // -- member variables ------------------------------------------------------

  std::string host_;
  spin_wait spin_;
  int listener_ = -1;
  int fd_ = -1;
  std::deque<outgoing> queue_;
  /// What has been read and not been looked at.
  std::vector<std::byte> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  /// What comes in, and the part of it that is still to come.
  header incoming_;
  std::span<std::byte> missing_;
};

} // namespace transfer_bench
