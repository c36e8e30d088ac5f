// SPDX-License-Identifier: BSD-3-Clause

// Offers whose bytes are at hand, and read requests.

#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr std::byte one{1};
constexpr std::byte two{2};
constexpr std::byte three{3};

const transfer_key key{11, 77};

/// Fails every fetch at once.
class broken_lane : public lane {
public:
  broken_lane(bool networked, caf::error reason)
    : networked_(networked), reason_(std::move(reason)) {
    // nop
  }

  bool crosses_network() const noexcept override {
    return networked_;
  }

  void fetch(held_bytes, const block_list&, uint64_t,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override {
    observer.request_done(tag, 0, UCS_ERR_IO_ERROR);
  }

  void drop(held_bytes) override {
    // nop
  }

  void stop(const token&) override {
    // nop
  }

  caf::error explain(ucs_status_t) const override {
    return reason_;
  }

private:
  bool networked_;
  caf::error reason_;
};

} // namespace

// -- what is accepted --------------------------------------------------------

TEST_CASE("granted chunks land where they belong, in any order") {
  inbound_fixture x;
  x.grant();
  x.take(x.header(8, 2), three);
  REQUIRE(x.log->claimed.size() == 1);
  CHECK(x.log->claimed[0].key == key);
  CHECK(x.log->claimed[0].lane == "fake");
  CHECK(x.log->claimed[0].peer == "there");
  CHECK(x.routes.find(key) != nullptr);
  x.take(x.header(0, 4), one);
  CHECK(x.log->landed.empty());
  x.take(x.header(4, 4), two);
  CHECK(x.log->progress == std::vector<uint64_t>{2, 6});
  CHECK(x.log->landed == std::vector<uint64_t>{10});
  CHECK(x.log->claimed.size() == 1);
  CHECK(x.log->failed.empty());
  CHECK(x.refusal() == errc::none);
  CHECK(x.target
        == std::vector{one, one, one, one, two, two, two, two, three, three});
}

TEST_CASE("a sink for a known transfer takes its offers without a claim") {
  inbound_fixture x;
  x.grant(key);
  x.take(x.header(0, 4), one);
  CHECK(x.log->claimed.empty());
  CHECK(x.log->progress == std::vector<uint64_t>{4});
}

TEST_CASE("a readable grant hands the request to its owner") {
  inbound_fixture x;
  x.grant_readable();
  x.ask(10);
  CHECK(x.log->claimed.size() == 1);
  REQUIRE(x.log->frames.size() == 1);
  CHECK(std::get<claim>(x.log->frames[0].content).reply_secret == token{5, 6});
  CHECK(x.refusal() == errc::none);
}

// -- what is refused ---------------------------------------------------------

TEST_CASE("an offer with an unknown secret is refused") {
  inbound_fixture x;
  x.grant();
  auto header = x.header(0, 4);
  header.secret = {2, 1};
  x.take(header, one);
  CHECK(x.refusal() == errc::unknown_operation);
  CHECK(x.untouched());
  CHECK(x.log->claimed.empty());
}

TEST_CASE("a sink cannot be claimed under the name of another transfer") {
  inbound_fixture x;
  x.routes.add(key, x.owner); // e.g. of a source of ours
  if (GENERATE(true, false))
    x.routes.retire(key, {}); // its lane may still hold chunks
  SECTION("by an offer") {
    x.grant();
    x.take(x.header(0, 4), one);
  }
  SECTION("by a read request") {
    x.grant_readable();
    x.ask(10);
  }
  CHECK(x.refusal() == errc::protocol_violation);
  CHECK(x.untouched());
  CHECK(x.log->claimed.empty());
  CHECK(x.log->frames.empty());
  CHECK(x.grants.claimed_by(x.secret) == transfer_key{});
}

TEST_CASE("an offer of another size than granted is refused without a claim") {
  inbound_fixture x;
  x.grant();
  for (uint64_t total : {9, 11}) {
    auto header = x.header(0, 4);
    header.total = total;
    x.take(header, one);
    CHECK(x.refusal() == errc::size_mismatch);
  }
  CHECK(x.untouched());
  CHECK(x.log->claimed.empty());
  x.take(x.header(0, 4), one);
  CHECK(x.log->claimed.size() == 1);
}

TEST_CASE("the first transfer has a sink for itself") {
  inbound_fixture x;
  x.grant();
  x.take(x.header(0, 4), one, 77);
  x.take(x.header(4, 4), two, 78);
  CHECK(x.refusal() == errc::already_claimed);
  CHECK(x.target[4] == std::byte{});
  CHECK(x.log->claimed.size() == 1);
  CHECK(x.log->failed.empty());
}

TEST_CASE("nothing lands in the memory of a readable operation") {
  inbound_fixture x;
  x.grant_readable();
  x.take(x.header(0, 4), one);
  CHECK(x.refusal() == errc::kind_mismatch);
  CHECK(x.untouched());
  CHECK(x.log->claimed.empty());
}

TEST_CASE("the memory of a writable operation is not read") {
  inbound_fixture x;
  x.grant();
  x.ask(10);
  CHECK(x.refusal() == errc::kind_mismatch);
  CHECK(x.log->claimed.empty());
}

TEST_CASE("a request that does not fit is refused") {
  inbound_fixture x;
  x.grant_readable();
  x.ask(11);
  CHECK(x.refusal() == errc::size_mismatch);
  x.ask(10, 77);
  x.ask(10, 78);
  CHECK(x.refusal() == errc::already_claimed);
  CHECK(x.log->frames.size() == 1);
  x.secret = {2, 1};
  x.ask(10);
  CHECK(x.refusal() == errc::unknown_operation);
}

// -- what breaks the protocol ------------------------------------------------

TEST_CASE("a chunk that does not fit its transfer ends it") {
  inbound_fixture x;
  x.grant();
  x.take(x.header(0, 4), one);
  SECTION("a chunk that has landed already") {
    x.take(x.header(0, 4), two);
  }
  SECTION("a chunk of another chunk size") {
    auto header = x.header(5, 5);
    header.chunk_size = 5;
    x.take(header, two);
  }
  SECTION("more bytes than its header says") {
    x.take(x.header(4, 4), two, 77, 1);
  }
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::protocol_violation);
  x.take(x.header(8, 2), three); // nothing lands after that
  CHECK(x.target
        == std::vector{one, one, one, one, std::byte{}, std::byte{},
                       std::byte{}, std::byte{}, std::byte{}, std::byte{}});
  CHECK(x.log->failed.size() == 1);
  CHECK(x.log->landed.empty());
}

TEST_CASE("a transfer of too many chunks is refused before anything is "
          "allocated") {
  inbound_fixture x;
  void* nowhere = &x;
  auto total = uint64_t{1} << 40;
  x.grants.install(
    sink{x.secret, descriptor_list{{nowhere, total}}, total, {}, x.owner});
  x.take(offer{x.secret, 0, 1, 1, total}, one);
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::protocol_violation);
}

// -- the end -----------------------------------------------------------------

TEST_CASE("nothing lands after a withdrawal") {
  inbound_fixture x;
  x.grant();
  auto released = 0;
  SECTION("of a sink that nobody has claimed") {
    x.grants.withdraw({x.secret, {}, {}}, [&] { ++released; });
    x.take(x.header(0, 4), one);
    CHECK(x.refusal() == errc::operation_ended);
    CHECK(x.untouched());
  }
  SECTION("of a claimed sink, and late chunks get the true answer") {
    x.take(x.header(0, 4), one);
    transfer_ended words{status::cancelled, errc::cancelled, "enough", 4};
    x.routes.retire(key, words);
    x.grants.withdraw({x.secret, key, words}, [&] { ++released; });
    x.take(x.header(4, 4), two);
    auto refusals = x.grants.take_verdicts();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].transfer_id == 77);
    CHECK(std::get<transfer_ended>(refusals[0].content) == words);
    CHECK(x.target[4] == std::byte{});
    x.take(x.header(4, 4), two, 78); // another transfer
    CHECK(x.refusal() == errc::operation_ended);
  }
  CHECK(released == 1);
  CHECK(x.log->landed.empty());
}

TEST_CASE("a withdrawal of what is unknown is answered at once") {
  inbound_fixture x;
  auto released = false;
  x.grants.withdraw({{9, 9}, key, {}}, [&] { released = true; });
  CHECK(released);
}

TEST_CASE(
  "a withdrawal lets the owner of the memory go before it is answered") {
  inbound_fixture x;
  auto memory = std::make_shared<int>();
  x.grants.install(sink{
    x.secret, descriptor_list{{memory.get(), 4, cpu, memory}}, 4, {}, x.owner});
  CHECK(memory.use_count() == 2);
  x.grants.withdraw({x.secret, {}, {}},
                    [&] { CHECK(memory.use_count() == 1); });
  CHECK(memory.use_count() == 1);
}

TEST_CASE("the transfer of a claimed sink is known before its owner knows") {
  inbound_fixture x;
  CHECK(x.grants.claimed_by(x.secret) == transfer_key{});
  x.grant();
  CHECK(x.grants.claimed_by(x.secret) == transfer_key{});
  x.take(x.header(0, 4), one);
  CHECK(x.grants.claimed_by(x.secret) == key);
}

TEST_CASE("a link that fails is told to the owners of its transfers") {
  inbound_fixture x;
  x.grant();
  auto reason = make_error(errc::peer_lost, "gone");
  x.grants.fail(11, reason);
  x.settle();
  CHECK(x.log->failed.empty()); // nobody has claimed it
  x.take(x.header(0, 4), one);
  x.grants.fail(12, reason);
  x.settle();
  CHECK(x.log->failed.empty());
  x.grants.fail(11, reason);
  x.settle();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(x.log->failed[0] == reason);
  x.take(x.header(4, 4), two);
  CHECK(x.target[4] == std::byte{});
}

TEST_CASE(
  "a fetch that fails breaks its link if the network or the peer does") {
  auto [networked, code, breaks] = GENERATE(table<bool, errc, bool>({
    {true, errc::transport_failure, true},
    {true, errc::peer_lost, true},
    {false, errc::peer_lost, true},
    {false, errc::transport_failure, false},
  }));
  CAPTURE(networked, code);
  auto reason = make_error(code, "gone");
  broken_lane via{networked, reason};
  inbound_fixture x;
  x.grant();
  frame what{x.from.id(), 77, x.header(0, 4)};
  REQUIRE(x.grants.hold(x.from, via, what, {nullptr, 4}));
  x.grants.fetch();
  x.settle();
  auto broken = x.grants.take_broken();
  if (breaks) {
    REQUIRE(broken.size() == 1);
    CHECK(broken[0] == std::pair{x.from.id(), reason});
    CHECK(x.log->failed.empty()); // it will hear from the link
  } else {
    CHECK(broken.empty());
    REQUIRE(x.log->failed.size() == 1);
    CHECK(x.log->failed[0] == reason);
  }
}

TEST_CASE("a chunk that is not what was sent ends the transfer") {
  inbound_fixture x;
  x.grant();
  std::vector<std::byte> sent(4, one);
  auto sum = checksum(block_list{descriptor_list{{sent.data(), 4}}}, 0, 4);
  auto first = x.header(0, 4);
  first.checksum = sum;
  x.take(first, one);
  CHECK(x.log->failed.empty());
  auto second = x.header(4, 4);
  second.checksum = sum;
  x.take(second, two);
  REQUIRE(x.log->failed.size() == 1);
  CHECK(x.log->landed.empty());
}

TEST_CASE("a source that was asked for the bytes can wait to be told") {
  auto asked = GENERATE(false, true);
  inbound_fixture x;
  x.grant(asked ? key : transfer_key{});
  for (uint32_t offset : {0, 4, 8})
    x.take(x.header(offset, std::min(4u, 10 - offset)), one);
  auto verdicts = x.grants.take_verdicts();
  auto acknowledgements = x.grants.take_acknowledgements();
  CHECK(verdicts.size() == (asked ? 0 : 1));
  REQUIRE(acknowledgements.size() == (asked ? 1 : 0));
  auto& told = asked ? acknowledgements[0] : verdicts[0];
  CHECK(std::get<transfer_ended>(told.content).status == status::complete);
}
