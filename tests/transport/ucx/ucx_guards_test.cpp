// SPDX-License-Identifier: BSD-3-Clause

// The guards over UCX handles, and starting a transport, with the real UCX.

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/ucx_transport.hpp"

#include <poll.h>

using namespace rdma;
using namespace rdma::test;

// -- context and worker ------------------------------------------------------

TEST_CASE("the version of UCX is the one that was built with") {
  auto expected = std::to_string(UCP_API_MAJOR) + "."
                  + std::to_string(UCP_API_MINOR) + ".";
  CHECK(ucx::library_version().starts_with(expected));
}

TEST_CASE("a context lists the lanes that UCX has found") {
  auto context = must(ucx::context::make(""));
  CHECK(context.get() != nullptr);
  CHECK(context.lanes().find('/') != std::string::npos);
  auto only_tcp = must(ucx::context::make("tcp"));
  CHECK(only_tcp.lanes().find("tcp/") != std::string::npos);
  CHECK(only_tcp.lanes().find("self/") == std::string::npos);
}

TEST_CASE("a context without a lane says so in UCX's words") {
  auto context = ucx::context::make("nonsense");
  REQUIRE_FALSE(context);
  CHECK(code_of(context.error()) == errc::no_usable_lane);
  CHECK(reason_of(context.error()).find("(UCX: ") != std::string::npos);
}

TEST_CASE("a worker has an address and wakes a sleeper") {
  ucx_side x;
  ucx_side y;
  CHECK_FALSE(must(x.worker.address()).empty());
  CHECK(must(x.worker.address()) != must(y.worker.address()));
  auto ep = x.connect(y);
  // Until the wire-up is through and both may sleep.
  std::vector<std::byte> data(8);
  send(x, ep, 1, data, UCP_AM_SEND_FLAG_EAGER);
  REQUIRE(drive(x, y, [&] { return y.messages == 1; }));
  REQUIRE(drive(x, y, [&] { return y.worker.arm(); }));
  send(x, ep, 2, data, UCP_AM_SEND_FLAG_EAGER);
  REQUIRE(eventually([&] {
    x.worker.progress();
    pollfd fd{y.worker.fd(), POLLIN, 0};
    return ::poll(&fd, 1, 0) == 1;
  }));
  CHECK(drive(x, y, [&] { return y.messages == 2; }));
  ep.close(x.pool);
  CHECK(drive(x, y, [&] { return x.pool.busy() == 0; }));
}

TEST_CASE("a context and a worker may be moved") {
  auto context = must(ucx::context::make("tcp"));
  auto other = std::move(context);
  CHECK(context.get() == nullptr);
  auto worker = must(ucx::worker::make(other));
  auto third = std::move(worker);
  CHECK(worker.get() == nullptr);
  CHECK(third.get() != nullptr);
}

// -- endpoint ----------------------------------------------------------------

TEST_CASE("an endpoint reaches its own worker") {
  ucx_side x;
  auto ep = x.connect(x);
  std::vector<std::byte> data(8);
  send(x, ep, 1, data, UCP_AM_SEND_FLAG_EAGER);
  CHECK(drive(x, x, [&] { return x.messages == 1; }));
  ep.close(x.pool);
  CHECK_FALSE(ep);
  CHECK(drive(x, x, [&] { return x.pool.busy() == 0; }));
}

TEST_CASE("a close ends all requests of an endpoint with an error") {
  ucx_side x;
  ucx_side y;
  auto ep = x.connect(y);
  std::vector<std::byte> data(1 << 20);
  send(x, ep, 1, data, UCP_AM_SEND_FLAG_RNDV);
  REQUIRE(drive(x, y, [&] { return y.held != nullptr; }));
  ep.close(x.pool);
  REQUIRE(drive(x, y, [&] { return x.pool.busy() == 0; }));
  REQUIRE(x.observer.ends.size() == 1);
  CHECK(x.observer.ends[0].status != UCS_OK);
  CHECK(x.failures == 0);
  ucp_am_data_release(y.worker.get(), y.held);
}

TEST_CASE("closing an endpoint twice, or none, does nothing") {
  ucx_side x;
  ucx::endpoint none;
  none.close(x.pool);
  CHECK(x.pool.busy() == 0);
  auto ep = x.connect(x);
  auto moved = std::move(ep);
  CHECK_FALSE(ep);
  ep.close(x.pool);
  CHECK(x.pool.busy() == 0);
  moved.close(x.pool);
  moved.close(x.pool);
  CHECK(drive(x, x, [&] { return x.pool.busy() == 0; }));
}

// -- starting a transport ----------------------------------------------------

TEST_CASE("a transport that cannot start says why and leaves nothing behind") {
  running_loop x{caf::timespan{0}};
  transport_options options;
  auto expected = errc::invalid_option;
  SECTION("an option outside of its range") {
    options.window = 0;
  }
  SECTION("no such lane") {
    options.tls = "nonsense";
    expected = errc::no_usable_lane;
  }
  SECTION("no lane that survives the death of a peer") {
    options.tls = "posix,self";
    expected = errc::no_usable_lane;
  }
  auto transport = spawn_ucx_transport(x.loop, options, "here");
  REQUIRE_FALSE(transport);
  CHECK(code_of(transport.error()) == expected);
  CHECK_FALSE(reason_of(transport.error()).empty());
  CHECK(x.loop.hosted_actors() == 0);
}

TEST_CASE("a transport that has started says what it runs on") {
  running_loop x{caf::timespan{0}};
  auto transport = must(spawn_ucx_transport(x.loop, {}, "here"));
  CHECK(transport.self.id == "here");
  CHECK(transport.self.incarnation != 0);
  CHECK_FALSE(transport.self.address.empty());
  CHECK(transport.version == ucx::library_version());
  CHECK_FALSE(transport.lanes.empty());
  CHECK(x.loop.hosted_actors() == 1);
}
