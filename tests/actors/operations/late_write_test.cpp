// SPDX-License-Identifier: BSD-3-Clause

// A final status means that the memory is the user's again, on every lane and
// however a cancel and the transfer cross. See process/late_write_test.cpp for
// peers that are stopped meanwhile.

#include "caf_rdma/tests/actors/duel.hpp"

#include <catch2/catch_get_random_seed.hpp>

using namespace rdma_test;

namespace {

#ifdef __SANITIZE_THREAD__
constexpr size_t few = 25; // looking at every byte takes long there
#else
constexpr size_t few = 500;
#endif

void fight(node& left, node& right, size_t rounds) {
  auto seed = Catch::getSeed();
  CAPTURE(seed);
  duel x{left, right, seed};
  x.run(rounds);
  CHECK(x.ends["COMPLETE"] > 0);
  CHECK(x.ends["cancelled"] > 0);
  std::string summary;
  for (auto& [name, count] : x.ends)
    summary += " " + name + " " + std::to_string(count);
  WARN("ends:" << summary);
}

void fight_everywhere(size_t rounds) {
  SECTION("default lane") {
    node left{"left"};
    node right{"right"};
    fight(left, right, rounds);
  }
  SECTION("TCP, small chunks by rendezvous") {
    auto options = test_options("left");
    options.transport.tls = "tcp";
    options.transport.chunk_size = 65536;
    options.transport.rendezvous_threshold = 4096;
    node left{options};
    options.worker_id = "right";
    node right{options};
    fight(left, right, rounds);
  }
  SECTION("TCP, eager") {
    auto options = test_options("left");
    options.transport.tls = "tcp";
    options.transport.rendezvous_threshold = size_t{1} << 30;
    node left{options};
    options.worker_id = "right";
    node right{options};
    fight(left, right, rounds);
  }
  SECTION("local lane, small pieces") {
    auto options = test_options("left");
    options.transport.lane = "local";
    options.transport.local_piece_size = 4096;
    node left{options};
    options.worker_id = "right";
    node right{options};
    fight(left, right, rounds);
  }
  SECTION("self lane") {
    node both{"both"};
    fight(both, both, rounds);
  }
}

} // namespace

TEST_CASE("memory is the user's from a final status on") {
  fight_everywhere(few);
}

TEST_CASE("memory stays the user's in a long run of cancels", "[slow]") {
  fight_everywhere(5000);
}
