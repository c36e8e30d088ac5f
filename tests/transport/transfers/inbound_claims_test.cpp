// SPDX-License-Identifier: BSD-3-Clause

// Claims on standing grants, and what a revocation leaves of them.

#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <algorithm>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr transfer_key key{11, 77};

struct claims_fixture : inbound_fixture {
  void grant_standing(bool writable, uint64_t claims = any_number_of_claims) {
    standing_grant x;
    x.secret = secret;
    x.memory = block_list{describe(target)};
    x.writable = writable;
    x.terms.claims = claims;
    x.terms.blocks = true;
    x.owner = owner;
    grants.install(std::move(x));
  }

  void say(claim what, uint64_t transfer = key.transfer) {
    frame x{from.id(), transfer, std::move(what)};
    grants.claimed(from, x);
    settle();
  }

  /// Wants to write to the first four bytes.
  claim first_four() const {
    claim result;
    result.secret = secret;
    result.total = 4;
    result.blocks = {{0, 1, 0, 4, 0}};
    return result;
  }

  offer all_of_it() const {
    return {secret, 0, 4, 4, 4};
  }

  /// Ends the grant, and whatever of its claims the owner knows of.
  void revoke() {
    auto answers = 0;
    auto count = [&answers] { ++answers; };
    grants.withdraw({secret, {}, {}}, count);
    settle(); // the owner hears of all claims before the answer
    for (auto& x : log->claimed) {
      grants.withdraw({claim_secret(x.key), x.key, {}}, count);
      routes.retire(x.key, {});
    }
    CHECK(answers == 1 + static_cast<int>(log->claimed.size()));
  }
};

constexpr std::byte one{1};

} // namespace

TEST_CASE("bytes go to the blocks that a claim names, and end it") {
  claims_fixture x;
  x.grant_standing(true);
  x.say(x.first_four());
  CHECK(x.log->claimed.empty()); // no byte has moved
  x.take(x.all_of_it(), one);
  CHECK(x.log->landed == std::vector<uint64_t>{4});
  REQUIRE(x.log->claimed.size() == 1);
  CHECK(x.log->claimed[0].said->blocks.size() == 1);
  CHECK(std::ranges::count(x.target, one) == 4);
}

TEST_CASE("nothing lands once a grant is revoked, whatever was claimed") {
  claims_fixture x;
  x.grant_standing(true);
  auto what = x.first_four();
  SECTION("all blocks are known, but no byte has moved") {
    // nop
  }
  SECTION("blocks are still to come") {
    what.more_blocks = 1;
  }
  x.say(what);
  x.revoke();
  CHECK(x.refusal() == errc::grant_revoked);
  x.take(x.all_of_it(), one);
  CHECK(x.untouched());
  CHECK(x.log->landed.empty());
}

TEST_CASE("blocks that come after the end of their grant are ignored") {
  claims_fixture x;
  x.grant_standing(false);
  auto what = x.first_four();
  what.reply_secret = {5, 6};
  what.more_blocks = 100;
  x.say(what);
  x.grants.announce(key); // the owner is to end it, and takes its time
  x.grants.withdraw({x.secret, {}, {}}, [] {});
  frame more{key.link, key.transfer, claim_blocks{{{0, 1, 0, 4, 0}}}};
  x.grants.claimed(x.from, more);
  x.settle();
  CHECK(x.grants.take_sources().empty());
  CHECK(x.log->claimed.size() == 1);
}

TEST_CASE("a claim of which a chunk has landed is the owner's to end") {
  claims_fixture x;
  x.grant_standing(true);
  auto what = x.first_four();
  what.total = 8;
  what.blocks[0].length = 8;
  x.say(what);
  x.take({x.secret, 0, 4, 4, 8}, one);
  x.revoke();
  REQUIRE(x.log->claimed.size() == 1);
  CHECK(x.refusal() == errc::none); // the owner says more
  x.take({x.secret, 4, 4, 4, 8}, one);
  CHECK(x.target[4] == std::byte{});
}

TEST_CASE("a transfer whose claim was refused stays so when another one ends") {
  claims_fixture x;
  x.grant_standing(true, 1);
  x.say(x.first_four());
  auto what = x.first_four(); // all, but in another order
  what.total = 10;
  what.blocks = {{0, 1, 5, 5, 0}, {0, 1, 0, 5, 0}};
  x.say(what, 78);
  CHECK(x.refusal() == errc::already_claimed);
  x.grants.withdraw({claim_secret(key), key, {}}, [] {});
  x.routes.retire(key, {});
  x.take({x.secret, 0, 10, 10, 10}, one, 78); // was on its way
  CHECK(x.refusal() == errc::already_claimed);
  CHECK(x.untouched());
  CHECK(x.log->landed.empty());
  x.take({x.secret, 0, 10, 10, 10}, one, 79);
  CHECK(x.log->landed == std::vector<uint64_t>{10});
}

TEST_CASE("the owner hears of a claim before what its peer says about it") {
  auto writable = GENERATE(true, false);
  claims_fixture x;
  x.grant_standing(writable);
  auto what = x.first_four();
  what.more_blocks = 1; // so that it does not begin
  if (!writable)
    what.reply_secret = {5, 6};
  x.say(what);
  CHECK(x.log->claimed.empty());
  x.grants.announce(key);
  x.settle();
  REQUIRE(x.log->claimed.size() == 1);
  CHECK(x.log->claimed[0].key == key);
  x.grants.announce(key);
  x.settle();
  CHECK(x.log->claimed.size() == 1);
  // So it is the owner's to end, also after a revocation.
  x.revoke();
  CHECK(x.refusal() == errc::none);
}

TEST_CASE("a reader is served once, and not after a revocation") {
  claims_fixture x;
  x.grant_standing(false);
  auto what = x.first_four();
  what.reply_secret = {5, 6};
  x.say(what);
  REQUIRE(x.log->claimed.size() == 1);
  SECTION("served") {
    auto sources = x.grants.take_sources();
    REQUIRE(sources.size() == 1);
    CHECK(sources[0].key == key);
    CHECK(sources[0].secret == token{5, 6});
    CHECK(sources[0].data.size() == 4);
    CHECK(x.grants.take_sources().empty());
  }
  SECTION("revoked first") {
    x.revoke();
    CHECK(x.grants.take_sources().empty());
  }
}
