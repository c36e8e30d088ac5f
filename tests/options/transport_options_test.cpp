// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/options/transport_options.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;
using namespace std::chrono_literals;

namespace {

/// Name of the option that is refused after `change`; empty if none is.
template <class F>
std::string refused(F change) {
  transport_options x;
  change(x);
  auto err = check(x);
  if (err == caf::none)
    return {};
  CHECK(code_of(err) == errc::invalid_option);
  auto reason = reason_of(err);
  return reason.substr(0, reason.find(' '));
}

} // namespace

TEST_CASE("the default options of a transport are valid") {
  CHECK(refused([](auto&) {}).empty());
}

TEST_CASE("options at the end of their range are valid") {
  CHECK(refused([](auto& x) { x.chunk_size = 4096; }).empty());
  CHECK(refused([](auto& x) { x.chunk_size = x.max_inbound_bytes; }).empty());
  CHECK(refused([](auto& x) { x.window = 1; }).empty());
  CHECK(refused([](auto& x) { x.window = 1024; }).empty());
  CHECK(refused([](auto& x) { x.heartbeat_limit = 2 * x.heartbeat; }).empty());
  CHECK(refused([](auto& x) { x.max_links = 1; }).empty());
}

TEST_CASE("an option outside of its range is named in the error") {
  CHECK(refused([](auto& x) { x.chunk_size = 4095; }) == "chunk-size");
  CHECK(refused([](auto& x) { x.chunk_size = (uint64_t{64} << 20) + 1; })
        == "chunk-size");
  CHECK(refused([](auto& x) { x.window = 0; }) == "window");
  CHECK(refused([](auto& x) { x.window = 1025; }) == "window");
  CHECK(refused([](auto& x) { x.max_inbound_bytes = x.chunk_size - 1; })
        == "max-inbound-bytes");
  CHECK(refused([](auto& x) { x.max_outbound_bytes = x.chunk_size - 1; })
        == "max-outbound-bytes");
  CHECK(refused([](auto& x) { x.max_bytes_in_flight = x.chunk_size - 1; })
        == "max-bytes-in-flight");
  CHECK(refused([](auto& x) { x.max_pool_bytes = (2 << 20) - 1; })
        == "max-pool-bytes");
  CHECK(refused([](auto& x) { x.max_pool_bytes = UINT64_MAX; })
        == "max-pool-bytes");
  CHECK(refused([](auto& x) { x.heartbeat = 0ns; }) == "heartbeat");
  CHECK(refused([](auto& x) { x.heartbeat_limit = x.heartbeat; })
        == "heartbeat-limit");
  CHECK(refused([](auto& x) { x.connect_timeout = 0ns; }) == "connect-timeout");
  CHECK(refused([](auto& x) { x.max_links = 0; }) == "max-peers");
}

TEST_CASE("an infinite heartbeat is refused, not overflown") {
  CHECK(refused([](auto& x) { x.heartbeat = caf::infinite; })
        == "heartbeat-limit");
}
