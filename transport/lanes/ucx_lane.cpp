// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/ucx_lane.hpp"

#include "caf_rdma/transport/ucx/make_error.hpp"

#include <ucp/api/ucp.h>

namespace rdma {

bool ucx_lane::writes_device(const block_list& target, uint64_t offset,
                             uint64_t length) const {
  return direct_ && !target.only_piece(offset, length).empty();
}

void ucx_lane::fetch(held_bytes from, const block_list& target, uint64_t offset,
                     ucx::request_observer& observer,
                     const ucx::request_tag& tag) {
  auto& req = pool_.acquire(&observer, tag);
  auto& blocks = req.blocks();
  target.for_each(offset, from.length, [&blocks](std::span<std::byte> piece) {
    blocks.push_back({piece.data(), piece.size()});
  });
  req.post([&] {
    auto param = req.receive_param();
    void* buffer = blocks[0].buffer;
    size_t count = blocks[0].length;
    if (blocks.size() > 1) {
      param.op_attr_mask |= UCP_OP_ATTR_FIELD_DATATYPE;
      param.datatype = ucp_dt_make_iov();
      buffer = blocks.data();
      count = blocks.size();
    }
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_MEMORY_TYPE;
    param.memory_type = target.on_device() ? UCS_MEMORY_TYPE_CUDA
                                           : UCS_MEMORY_TYPE_HOST;
    return ucp_am_recv_data_nbx(worker_, from.handle, buffer, count, &param);
  });
}

void ucx_lane::drop(held_bytes x) {
  ucp_am_data_release(worker_, x.handle);
}

caf::error ucx_lane::explain(ucs_status_t status) const {
  return ucx::make_error(errc::peer_lost, "cannot fetch a chunk", status);
}

} // namespace rdma
