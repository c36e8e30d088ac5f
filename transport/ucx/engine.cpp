// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/engine.hpp"

#include "caf_rdma/transport/ucx/endpoint.hpp"
#include "caf_rdma/transport/ucx/error.hpp"

#include <ucp/api/ucp.h>

#include <utility>

namespace rdma::ucx {

namespace {

// A lane that survives the death of a peer must exist: try it on ourselves.
caf::error probe(worker& to, const worker_info& self) {
  auto ignore = [](void*, ucp_ep_h, ucs_status_t) {};
  auto ep = endpoint::make(to, self.address, ignore, nullptr);
  if (!ep)
    return rdma::make_error(errc::no_usable_lane,
                            "no lane survives the death of a peer: "
                              + reason_of(ep.error()));
  request_pool pool;
  ep->close(pool);
  while (pool.busy() > 0)
    to.progress();
  return {};
}

} // namespace

caf::expected<std::unique_ptr<engine>> engine::start(const std::string& tls,
                                                     uint64_t max_eager_size,
                                                     std::string worker_id) {
  auto context = context::make(tls, max_eager_size);
  if (!context)
    return std::move(context.error());
  auto worker = worker::make(*context);
  if (!worker)
    return std::move(worker.error());
  auto address = worker->address();
  if (!address)
    return std::move(address.error());
  worker_info self{std::move(worker_id), make_random_id(), std::move(*address)};
  if (auto err = probe(*worker, self); err != caf::none)
    return err;
  return std::make_unique<engine>(
    engine{std::move(*context), std::move(*worker), std::move(self)});
}

} // namespace rdma::ucx
