// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx_link.hpp"

#include <ucp/api/ucp.h>

namespace rdma {

ucx_link::ucx_link(link_id id, worker_info peer,
                   const transport_options& options, ucx::request_pool& pool)
  : id_(id), peer_(std::move(peer)), options_(options), pool_(pool) {
  // nop
}

void ucx_link::send_hello(const frame& x) {
  send_frame(x, UCP_AM_SEND_FLAG_EAGER | UCP_AM_SEND_FLAG_REPLY);
}

void ucx_link::send(frame x) {
  if (!endpoint)
    return;
  x.link_id = remote_id;
  send_frame(x, UCP_AM_SEND_FLAG_EAGER);
}

void ucx_link::send_frame(const frame& x, uint32_t flags) {
  auto bytes = to_bytes(x);
  auto& req = pool_.acquire(nullptr, {});
  auto header = req.header(bytes.size());
  std::copy(bytes.begin(), bytes.end(), header.begin());
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = flags;
    return ucp_am_send_nbx(endpoint.get(), frame_message_id, header.data(),
                           bytes.size(), nullptr, 0, &param);
  });
}

void ucx_link::post(const chunk& x, ucx::request_observer& observer) {
  ucx::request_tag tag{x.key.link, x.key.transfer, x.header.length};
  if (!endpoint) {
    observer.request_done(tag, 0, UCS_ERR_CANCELED);
    return;
  }
  auto& req = pool_.acquire(&observer, tag);
  auto header = req.header(ucx::request::small_header_size);
  auto size = encode(frame{remote_id, x.key.transfer, x.header}, header);
  auto& blocks = req.blocks();
  x.data.for_each(x.header.offset, x.header.length,
                  [&blocks](std::span<std::byte> piece) {
                    blocks.push_back({piece.data(), piece.size()});
                  });
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_AM_SEND_FLAG_EAGER;
    void* buffer = blocks[0].buffer;
    size_t count = blocks[0].length;
    if (blocks.size() > 1) {
      // Scattered blocks go faster packed into eager fragments than by
      // rendezvous (see benchmarks: 4.0 against 1.7 GB/s on UCX 1.13).
      param.op_attr_mask |= UCP_OP_ATTR_FIELD_DATATYPE;
      param.datatype = ucp_dt_make_iov();
      buffer = blocks.data();
      count = blocks.size();
    } else if (count >= options_.rendezvous_threshold) {
      param.flags = UCP_AM_SEND_FLAG_RNDV;
    }
    return ucp_am_send_nbx(endpoint.get(), frame_message_id, header.data(),
                           size, buffer, count, &param);
  });
}

} // namespace rdma
