// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/options.hpp"

#include "caf_rdma/messages/error.hpp"

#include <caf/config_option_adder.hpp>
#include <caf/config_option_set.hpp>
#include <caf/settings.hpp>

namespace rdma {

void runtime_options::add_to(caf::config_option_set& xs) {
  caf::config_option_adder{xs, "rdma"}
    .add<std::string>("worker-id", "name of this worker")
    .add<std::string>("tls", "UCX transports to use, as in UCX_TLS")
    .add<std::string>("lane", "auto, ucx, or local: within one host")
    .add<size_t>("chunk-size", "bytes of one chunk")
    .add<size_t>("window", "chunks in flight per transfer")
    .add<size_t>("rendezvous-threshold", "smaller chunks go eagerly (bytes)")
    .add<size_t>("local-piece-size", "bytes to read at a time in one host")
    .add<size_t>("local-ring-size", "bytes of the ring for frames in one host")
    .add<size_t>("max-inbound-bytes", "bytes on their way from one peer")
    .add<size_t>("max-outbound-bytes", "bytes on their way to one peer")
    .add<size_t>("max-bytes-in-flight", "the same for all peers together")
    .add<size_t>("max-pool-bytes", "bytes of memory to allocate")
    .add<std::string>("gpu", "auto, off, or staged: never by UCX itself")
    .add<size_t>("max-staging-bytes", "host memory that GPU bytes pass through")
    .add<size_t>("max-peers", "links at the same time")
    .add<size_t>("max-descriptors", "descriptors of one operation")
    .add<size_t>("max-operations", "operations of one connector")
    .add<caf::timespan>("spin", "how long to look for work before sleeping")
    .add<bool>("busy-poll", "never sleep")
    .add<caf::timespan>("heartbeat", "time between two signs of life")
    .add<caf::timespan>("heartbeat-limit", "silence that ends a link")
    .add<caf::timespan>("connect-timeout", "time for a link to come up")
    .add<caf::timespan>("active-deadline", "default of active operations")
    .add<caf::timespan>("passive-deadline", "default of passive operations")
    .add<caf::timespan>("grace", "time to let go of an ended operation");
}

runtime_options runtime_options::from(const caf::actor_system_config& cfg) {
  runtime_options x;
  auto read = [&cfg](caf::string_view name, auto& field) {
    using type = std::decay_t<decltype(field)>;
    field = caf::get_or<type>(cfg, name, field);
  };
  read("rdma.worker-id", x.worker_id);
  read("rdma.tls", x.transport.tls);
  read("rdma.lane", x.transport.lane);
  read("rdma.chunk-size", x.transport.chunk_size);
  read("rdma.window", x.transport.window);
  read("rdma.rendezvous-threshold", x.transport.rendezvous_threshold);
  read("rdma.local-piece-size", x.transport.local_piece_size);
  read("rdma.local-ring-size", x.transport.local_ring_size);
  read("rdma.max-inbound-bytes", x.transport.max_inbound_bytes);
  read("rdma.max-outbound-bytes", x.transport.max_outbound_bytes);
  read("rdma.max-bytes-in-flight", x.transport.max_bytes_in_flight);
  read("rdma.max-pool-bytes", x.transport.max_pool_bytes);
  read("rdma.gpu", x.transport.gpu);
  read("rdma.max-staging-bytes", x.transport.max_staging_bytes);
  read("rdma.max-peers", x.transport.max_links);
  read("rdma.max-descriptors", x.max_descriptors);
  read("rdma.max-operations", x.max_operations);
  read("rdma.spin", x.spin);
  read("rdma.busy-poll", x.busy_poll);
  read("rdma.heartbeat", x.transport.heartbeat);
  read("rdma.heartbeat-limit", x.transport.heartbeat_limit);
  read("rdma.connect-timeout", x.transport.connect_timeout);
  read("rdma.active-deadline", x.active_deadline);
  read("rdma.passive-deadline", x.passive_deadline);
  read("rdma.grace", x.grace);
  return x;
}

runtime_options merge(runtime_options base, const connector_options& x) {
  if (x.active_deadline > caf::timespan{0})
    base.active_deadline = x.active_deadline;
  if (x.passive_deadline > caf::timespan{0})
    base.passive_deadline = x.passive_deadline;
  if (x.max_operations > 0)
    base.max_operations = x.max_operations;
  return base;
}

caf::error check(const runtime_options& x) {
  auto bad = [](std::string what) {
    return make_error(errc::invalid_option, std::move(what));
  };
  if (x.worker_id.size() > 255)
    return bad("worker-id must not exceed 255 bytes");
  if (x.spin < caf::timespan{0})
    return bad("spin must not be negative");
  if (x.active_deadline <= caf::timespan{0})
    return bad("active-deadline must be positive");
  if (x.passive_deadline <= caf::timespan{0})
    return bad("passive-deadline must be positive");
  if (x.grace <= caf::timespan{0})
    return bad("grace must be positive");
  if (x.max_descriptors < 1 || x.max_descriptors > 65536)
    return bad("max-descriptors must be 1 to 65536");
  if (x.max_operations < 1)
    return bad("max-operations must be at least 1");
  return check(x.transport);
}

config::config() {
  runtime_options::add_to(custom_options_);
}

} // namespace rdma
