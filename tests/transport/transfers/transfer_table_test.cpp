// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/links/fake_link.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr transfer_key first{11, 77};
constexpr transfer_key second{11, 78};

/// One chunk at a time to each peer.
transport_options narrow() {
  transport_options result;
  result.max_outbound_bytes = result.chunk_size;
  return result;
}

struct table_fixture : owner_fixture {
  /// A write of one chunk.
  source make(const transfer_key& key) {
    source x;
    x.key = key;
    x.secret = {3, 4};
    x.data = block_list{describe(bytes)};
    x.owner = owner;
    return x;
  }

  void cancel(const transfer_key& key, errc code = errc::cancelled) {
    table.send({key.link, key.transfer, cancel_request{code, "enough"}});
    settle();
  }

  transport_options options = narrow();
  std::vector<std::byte> bytes = std::vector<std::byte>(options.chunk_size);
  fake_link via{11};
  transfer_table table{options,
                       [this](link_id id) { return id == 11 ? &via : nullptr; },
                       [](link_id) {}};
};

} // namespace

TEST_CASE("a transfer that the peer has heard of is the peer's to end") {
  table_fixture x;
  SECTION("by an offer") {
    x.table.start(x.make(first));
  }
  SECTION("by having claimed it") {
    x.table.start(x.make(second)); // has all the credit
    auto src = x.make(first);
    src.claimed_secret = {5, 6};
    x.table.start(std::move(src));
  }
  x.via.frames.clear();
  x.cancel(first);
  REQUIRE(x.via.frames.size() == 1);
  CHECK(std::holds_alternative<cancel_request>(x.via.frames[0].content));
  CHECK(x.log->settled.empty());
}

TEST_CASE("a transfer that the peer has never heard of ends at once") {
  auto [code, outcome] = GENERATE(table<errc, status>({
    {errc::cancelled, status::cancelled},
    {errc::deadline_exceeded, status::errored},
  }));
  table_fixture x;
  x.table.start(x.make(first));
  x.table.start(x.make(second)); // waits for credit
  x.cancel(second, code);
  CHECK(x.via.frames.empty());
  REQUIRE(x.log->settled.size() == 1);
  CHECK(x.log->settled[0] == transfer_ended{outcome, code, "enough", 0});
  x.via.let_go(UCS_OK);
  x.table.settle();
  CHECK(x.via.posted.size() == 1); // nothing goes out afterwards
}

TEST_CASE("nobody is believed to have what was not offered") {
  auto offered = GENERATE(true, false);
  table_fixture x;
  x.table.start(x.make(first)); // has all the credit
  if (offered)
    x.via.let_go(UCS_OK);
  x.table.start(x.make(second));
  x.table.settle();
  CHECK(x.via.posted.size() == (offered ? 2 : 1));
  frame word{second.link, second.transfer,
             transfer_ended{status::complete, errc::none, {}, x.bytes.size()}};
  if (offered)
    x.via.let_go(UCS_OK);
  x.table.receive(x.via, word);
  x.settle();
  REQUIRE(x.log->settled.size() == 1);
  CHECK(x.log->settled[0].code
        == (offered ? errc::none : errc::protocol_violation));
}

TEST_CASE("a frame for a link that is down is dropped") {
  table_fixture x;
  x.cancel({12, 1});
  CHECK(x.via.frames.empty());
  CHECK(x.log->settled.empty());
}
