// SPDX-License-Identifier: BSD-3-Clause

// A program of its own: it puts itself in the place of the UCX library.

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/transport/ucx/context.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <ucp/api/ucp.h>

#include <string>
#include <utility>

using namespace rdma;

namespace {

unsigned loaded_major = UCP_API_MAJOR;

unsigned loaded_minor = UCP_API_MINOR;

} // namespace

extern "C" void ucp_get_version(unsigned* major, unsigned* minor,
                                unsigned* release) {
  *major = loaded_major;
  *minor = loaded_minor;
  *release = 7;
}

TEST_CASE("a UCX library of another release is refused, and both are named") {
  using version = std::pair<unsigned, unsigned>;
  auto [major, minor] = GENERATE(version{UCP_API_MAJOR + 1, UCP_API_MINOR},
                                 version{UCP_API_MAJOR, UCP_API_MINOR + 1},
                                 version{UCP_API_MAJOR, UCP_API_MINOR - 1});
  loaded_major = major;
  loaded_minor = minor;
  auto context = ucx::context::make("");
  REQUIRE_FALSE(context);
  CHECK(code_of(context.error()) == errc::ucx_version_mismatch);
  auto reason = reason_of(context.error());
  auto name = [](unsigned x, unsigned y) {
    return "UCX " + std::to_string(x) + "." + std::to_string(y);
  };
  CAPTURE(reason);
  CHECK(reason.find(name(UCP_API_MAJOR, UCP_API_MINOR)) != std::string::npos);
  CHECK(reason.find(name(major, minor)) != std::string::npos);
}

TEST_CASE("another patch of the same release of UCX is accepted") {
  loaded_major = UCP_API_MAJOR;
  loaded_minor = UCP_API_MINOR;
  CHECK(ucx::context::make(""));
}
