// SPDX-License-Identifier: BSD-3-Clause

// A peer that refuses a link says why, and that becomes the operation's end.

#include "caf_rdma/tests/actors/raw_peer.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

/// Waits for the hello of the runtime and refuses it.
void refuse_next_hello(raw_peer& x, errc code) {
  const hello* opening = nullptr;
  REQUIRE(x.eventually([&] {
    for (auto& y : x.frames())
      if (auto* z = std::get_if<hello>(&y.content))
        opening = z;
    return opening != nullptr;
  }));
  x.send(frame{opening->link_id, 0, hello_refused{code, 1}},
         UCP_AM_SEND_FLAG_EAGER);
  CHECK(x.flush());
}

} // namespace

TEST_CASE("a refused link ends the operation with the peer's code") {
  auto [code, word]
    = GENERATE(std::pair{errc::unsupported_version, "format version"},
               std::pair{errc::stale_metadata, "another life"},
               std::pair{errc::limit_reached, "rdma.max-peers"});
  node alice{patient_options("alice")};
  std::vector<std::byte> memory(100);
  auto own = alice.begin(create_writable_atom_v, describe(memory));
  raw_peer bob{alice.describe(own).worker};
  metadata target{bob.introduction().worker,
                  make_token(),
                  operation_kind::writable,
                  {{100, cpu}}};
  auto write = alice.begin(begin_write_atom_v, describe(memory), target);
  refuse_next_hello(bob, code);
  auto end = alice.wait(write);
  REQUIRE_FALSE(end);
  CHECK(code_of(end.error()) == code);
  auto reason = reason_of(end.error());
  CAPTURE(reason);
  CHECK(reason.find(word) != std::string::npos);
  CHECK(reason.find("raw") != std::string::npos);
}
