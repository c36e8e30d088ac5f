// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/instance.hpp"

#include "caf_rdma/transport/ucx/close_on_exec.hpp"
#include "caf_rdma/transport/ucx/endpoint.hpp"
#include "caf_rdma/transport/ucx/make_error.hpp"
#include "caf_rdma/transport/ucx/settings.hpp"

#include <ucp/api/ucp.h>

#include <utility>

namespace rdma::ucx {

namespace {

// A lane that survives the death of a peer must exist: try it on ourselves.
caf::error probe(worker& to, const worker_info& self) {
  auto ignore = [](void*, ucp_ep_h, ucs_status_t) {};
  auto ep = endpoint::make(to, self.address, ignore, nullptr);
  if (!ep)
    return rdma::make_error(
      errc::no_usable_lane,
      "no lane survives the death of a peer: check rdma.tls, UCX_TLS and "
      "UCX_NET_DEVICES; without RDMA hardware UCX "
        + library_version() + " wants a network interface that has "
        + "an IPv4 address, the loopback is enough: " + reason_of(ep.error()));
  close_all_on_exec(to.fd());
  request_pool pool;
  ep->close(pool);
  while (pool.busy() > 0)
    to.progress();
  return {};
}

// UCX seldom says which of its settings is to blame.
caf::error name_settings(const caf::error& err) {
  auto names = settings_of_user();
  auto code = code_of(err);
  if (names.empty()
      || (code != errc::no_usable_lane && code != errc::transport_failure))
    return err;
  return rdma::make_error(code,
                          reason_of(err) + "; the environment sets " + names);
}

caf::expected<std::unique_ptr<instance>> try_start(const std::string& tls,
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
  return std::make_unique<instance>(
    instance{std::move(*context), std::move(*worker), std::move(self)});
}

} // namespace

caf::expected<std::unique_ptr<instance>>
instance::start(const std::string& tls, uint64_t max_eager_size,
                std::string worker_id) {
  auto result = try_start(tls, max_eager_size, std::move(worker_id));
  if (!result)
    return name_settings(result.error());
  return result;
}

} // namespace rdma::ucx
