// SPDX-License-Identifier: BSD-3-Clause

// A limit that is reached says which one it is, on either side.

#include "caf_rdma/tests/actors/node.hpp"

using namespace rdma;
using namespace rdma_test;

namespace {

/// Writes some bytes and waits for the end.
caf::expected<report> write(node& from, node& to) {
  std::vector<std::byte> source(100);
  std::vector<std::byte> target(100);
  auto writable = to.begin(create_writable_atom_v, describe(target));
  return from.wait(
    from.begin(begin_write_atom_v, describe(source), to.describe(writable)));
}

runtime_options one_peer(std::string worker_id) {
  auto result = test_options(std::move(worker_id));
  result.transport.max_links = 1;
  return result;
}

} // namespace

TEST_CASE("a worker with too many peers names the limit to both sides") {
  node hub{one_peer("hub")};
  node first{"first"};
  node second{"second"};
  REQUIRE(write(hub, first));
  for (auto by_hub : {true, false}) {
    CAPTURE(by_hub);
    auto end = by_hub ? write(hub, second) : write(second, hub);
    REQUIRE_FALSE(end);
    CHECK(code_of(end.error()) == errc::limit_reached);
    auto reason = reason_of(end.error());
    CAPTURE(reason);
    CHECK(reason.find("rdma.max-peers") != std::string::npos);
    CHECK((by_hub || reason.find("hub") != std::string::npos));
  }
}

TEST_CASE("a list with too many descriptors names the limit") {
  auto options = test_options("alice");
  options.max_descriptors = 2;
  node alice{options};
  std::vector<std::byte> memory(100);
  auto three = describe(memory);
  three.insert(three.end(), 2, three.front());
  auto refused = alice.ask<operation>(alice.connector, create_writable_atom_v,
                                      three);
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == errc::limit_reached);
  CHECK(reason_of(refused.error()).find("max-descriptors")
        != std::string::npos);
}
