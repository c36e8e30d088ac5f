// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "exposed_memory.hpp"
#include "raw_node.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace transfer_bench {

/// UCX's own one-sided operations: puts and a flush, or gets, in chunks and a
/// window as the library's; then a message that tells the peer.
class put_node : public raw_node {
public:
  explicit put_node(loop_mode mode);

  ~put_node() override;

  std::string introduce() override;

  void meet(const std::string& line) override;

protected:
  void begin(size_t slot) override;

  void settle() override;

  void on_sent(const raw_message& x) override;

private:
  struct transfer {
    uint64_t posted = 0;
    uint64_t in_flight = 0;
  };

  ucp_rkey_h key();

  void refill(size_t slot);

  void end(size_t slot);

  uint64_t chunk_size_;
  uint64_t window_;
  exposed_memory exposed_;
  std::vector<unsigned char> packed_key_;
  ucp_rkey_h key_ = nullptr;
  uint64_t remote_base_ = 0;
  std::vector<transfer> transfers_;
  std::vector<raw_message> sent_;
  std::vector<raw_message> scratch_;
};

} // namespace transfer_bench
