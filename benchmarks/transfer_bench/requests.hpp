// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "memory.hpp"
#include "types.hpp"

#include "caf_rdma/messages/connector.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace transfer_bench {

/// CAF would hand a timeout to the thread of its clock, which costs more than
/// an operation. Operations have deadlines of their own.
inline constexpr auto no_timeout = caf::infinite;

/// Describes the memory of a slot.
inline rdma::descriptor_list
local_memory(size_t slot, const work& x,
             const std::shared_ptr<const void>& owner = nullptr) {
  rdma::descriptor_list result;
  result.reserve(x.blocks);
  for (auto block : memory_blocks(slot, x))
    result.emplace_back(block, owner);
  return result;
}

/// Asks for the passive operation of a transfer.
template <class Self>
auto request_create(Self* self, const rdma::connector_actor& connector,
                    direction mode, rdma::descriptor_list local) {
  if (mode == direction::write)
    return self->request(connector, no_timeout, rdma::create_writable_atom_v,
                         std::move(local));
  return self->request(connector, no_timeout, rdma::create_readable_atom_v,
                       std::move(local));
}

/// Asks for the active operation of a transfer.
template <class Self>
auto request_begin(Self* self, const rdma::connector_actor& connector,
                   direction mode, rdma::descriptor_list local,
                   rdma::metadata remote) {
  if (mode == direction::write)
    return self->request(connector, no_timeout, rdma::begin_write_atom_v,
                         std::move(local), std::move(remote));
  return self->request(connector, no_timeout, rdma::begin_read_atom_v,
                       std::move(remote), std::move(local));
}

/// Returns the blocks of a slot, as parts of `memory()` on both sides.
inline rdma::block_map granted_blocks(size_t slot, const work& x) {
  rdma::block_map result;
  for (auto block : memory_blocks(slot, x)) {
    auto offset = static_cast<uint64_t>(block.data() - memory().data());
    result.add(0, offset, 0, offset, block.size());
  }
  return result;
}

/// Asks for an operation that is to be started later.
template <class Self>
auto request_prepare(Self* self, const rdma::connector_actor& connector,
                     direction mode, rdma::metadata remote,
                     rdma::operation_options opts) {
  rdma::descriptor_list local{rdma::descriptor{memory()}};
  if (mode == direction::write)
    return self->request(connector, no_timeout, rdma::prepare_write_atom_v,
                         std::move(local), std::move(remote), std::move(opts));
  return self->request(connector, no_timeout, rdma::prepare_read_atom_v,
                       std::move(remote), std::move(local), std::move(opts));
}

/// Returns an error handler that ends the program.
inline auto failed(const work& x) {
  return [x](const caf::error& err) {
    die("library, " + describe(x) + ": " + to_string(err));
  };
}

} // namespace transfer_bench
