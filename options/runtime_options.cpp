// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/options/runtime_options.hpp"

#include "caf_rdma/messages/error.hpp"

#include <caf/config_option.hpp>
#include <caf/config_option_set.hpp>
#include <caf/config_value.hpp>
#include <caf/settings.hpp>
#include <caf/string_view.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace rdma {

namespace {

template <class T>
const char* words_for() {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_same_v<T, caf::timespan>)
    return "a time such as 3s or 200ms";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text in quotation marks";
  else
    return "a whole number";
}

/// CAF would make text of anything.
template <class T>
caf::expected<T> convert(const caf::config_value& x) {
  if constexpr (std::is_same_v<T, std::string>)
    if (!caf::holds_alternative<std::string>(x))
      return caf::make_error(caf::sec::conversion_failed);
  return caf::get_as<T>(x);
}

/// Adds options whose values stay as they are if they are of another type, for
/// `group_reader` to refuse: CAF 0.18 would drop them when it reads a config
/// file, without a word.
class option_adder {
public:
  explicit option_adder(caf::config_option_set& to) : to_(to) {
    // nop
  }

  template <class T>
  option_adder& add(caf::string_view name, caf::string_view description) {
    static const caf::config_option::meta_state meta{
      [](void*, caf::config_value& x) {
        auto value = convert<T>(x);
        return value ? x.assign(*value) : caf::error{};
      },
      [](const void*) { return caf::config_value{}; },
      caf::config_value::mapped_type_name<T>()};
    to_.add(caf::config_option{"rdma", name, description, &meta});
    return *this;
  }

private:
  caf::config_option_set& to_;
};

/// Reads the group `rdma`, and keeps what is wrong with it.
class group_reader {
public:
  explicit group_reader(const caf::settings& all) {
    auto* value = caf::get_if(&all, "rdma");
    if (value == nullptr)
      return;
    group_ = caf::get_if<caf::settings>(value);
    if (group_ == nullptr)
      refuse("rdma must be a group of options, is " + to_string(*value));
  }

  template <class T>
  void operator()(caf::string_view name, T& field) {
    known_.emplace_back(name.begin(), name.end());
    if (group_ == nullptr)
      return;
    auto i = group_->find(name);
    if (i == group_->end())
      return;
    if (auto value = convert<T>(i->second))
      field = std::move(*value);
    else
      refuse(known_.back() + " must be " + words_for<T>() + ", is "
             + to_string(i->second));
  }

  /// Returns what was wrong first, once all options have been read.
  caf::error finish() {
    if (group_ != nullptr)
      for (auto& [name, value] : *group_)
        if (std::find(known_.begin(), known_.end(), name) == known_.end())
          refuse(name + " is not an option of the group rdma");
    return error_;
  }

private:
  void refuse(std::string what) {
    if (error_ == caf::none)
      error_ = make_error(errc::invalid_option, std::move(what));
  }

  const caf::settings* group_ = nullptr;
  std::vector<std::string> known_;
  caf::error error_;
};

} // namespace

void runtime_options::add_to(caf::config_option_set& xs) {
  option_adder{xs}
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
  group_reader read{content(cfg)};
  read("worker-id", x.worker_id);
  read("tls", x.transport.tls);
  read("lane", x.transport.lane);
  read("chunk-size", x.transport.chunk_size);
  read("window", x.transport.window);
  read("rendezvous-threshold", x.transport.rendezvous_threshold);
  read("local-piece-size", x.transport.local_piece_size);
  read("local-ring-size", x.transport.local_ring_size);
  read("max-inbound-bytes", x.transport.max_inbound_bytes);
  read("max-outbound-bytes", x.transport.max_outbound_bytes);
  read("max-bytes-in-flight", x.transport.max_bytes_in_flight);
  read("max-pool-bytes", x.transport.max_pool_bytes);
  read("gpu", x.transport.gpu);
  read("max-staging-bytes", x.transport.max_staging_bytes);
  read("max-peers", x.transport.max_links);
  read("max-descriptors", x.max_descriptors);
  read("max-operations", x.max_operations);
  read("spin", x.spin);
  read("busy-poll", x.busy_poll);
  read("heartbeat", x.transport.heartbeat);
  read("heartbeat-limit", x.transport.heartbeat_limit);
  read("connect-timeout", x.transport.connect_timeout);
  read("active-deadline", x.active_deadline);
  read("passive-deadline", x.passive_deadline);
  read("grace", x.grace);
  x.config_error = read.finish();
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
  if (x.config_error != caf::none)
    return x.config_error;
  if (x.worker_id.size() > 255)
    return bad("worker-id must not exceed 255 bytes");
  if (x.worker_id.find('\0') != std::string::npos)
    return bad("worker-id must not contain a zero byte");
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
