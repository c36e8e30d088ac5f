// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace rdma_sim {

class transport_state;

/// One chunk between two workers. While `source` is set the network may read
/// the source's memory, as UCX does until it has let go of a request.
struct flight {
  std::vector<std::byte> header; // the encoded frame
  std::vector<std::span<std::byte>> pieces;
  uint64_t length = 0;
  bool rendezvous = false;
  /// The bytes of an eager chunk, once they have left.
  std::vector<std::byte> data;
  /// Null once the source was told, or has died.
  transport_state* source = nullptr;
  /// Of the source's process.
  uint64_t source_incarnation = 0;
  rdma::link_id source_link = 0;
  rdma::ucx::request_observer* observer = nullptr;
  rdma::ucx::request_tag tag{};
  bool cancelled = false; // the source has closed its link

  std::byte at(uint64_t offset) const {
    for (auto piece : pieces) {
      if (offset < piece.size())
        return piece[offset];
      offset -= piece.size();
    }
    return {};
  }

  /// Reads what an eager chunk carries.
  void depart() {
    for (auto piece : pieces)
      data.insert(data.end(), piece.begin(), piece.end());
  }
};

using flight_ptr = std::shared_ptr<flight>;

} // namespace rdma_sim
