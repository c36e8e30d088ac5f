// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/lane.hpp"
#include "caf_rdma/tests/process/worker_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>

using namespace rdma_test;

namespace {

void write(worker_process& from, worker_process& to, const std::string& sizes) {
  auto metadata = to.must("writable w " + sizes);
  from.must("write a 42 " + sizes + " " + metadata);
  CHECK(from.must("wait a").starts_with("COMPLETE"));
  CHECK(to.must("wait w").starts_with("COMPLETE"));
  to.must("check w 42");
  from.must("drop a");
  to.must("drop w");
}

void read(worker_process& by, worker_process& from, const std::string& sizes) {
  auto metadata = from.must("readable r 43 " + sizes);
  by.must("read a " + sizes + " " + metadata);
  CHECK(by.must("wait a").starts_with("COMPLETE"));
  CHECK(from.must("wait r").starts_with("COMPLETE"));
  by.must("check a 43");
  by.must("drop a");
  from.must("drop r");
}

using strings = std::vector<std::string>;

constexpr size_t chunk = size_t{1} << 20; // the default

} // namespace

TEST_CASE("bytes move both ways between two processes") {
  auto environment = GENERATE(strings{}, strings{"UCX_TLS=tcp"});
  auto size = GENERATE(size_t{1}, size_t{4096}, chunk - 1, chunk, chunk + 1,
                       17 * chunk + 5);
  CAPTURE(environment, size);
  worker_process alice{{"--rdma.worker-id=alice"}, environment};
  worker_process bob{{"--rdma.worker-id=bob"}, environment};
  write(alice, bob, std::to_string(size));
  read(alice, bob, std::to_string(size));
  write(bob, alice, std::to_string(size));
  read(bob, alice, std::to_string(size));
}

TEST_CASE("many descriptors travel in one operation") {
  auto sizes = GENERATE("16384x1000", "1x1000", "1,4096,1048577,7,3000000",
                        "1048576x20");
  CAPTURE(sizes);
  worker_process alice;
  worker_process bob;
  write(alice, bob, sizes);
  read(alice, bob, sizes);
}

TEST_CASE("chunk size, window and threshold may differ between two workers") {
  worker_process alice{{"--rdma.chunk-size=65536", "--rdma.window=1",
                        "--rdma.rendezvous-threshold=1"}};
  worker_process bob{{"--rdma.chunk-size=4194304", "--rdma.window=16",
                      "--rdma.rendezvous-threshold=100000000"}};
  write(alice, bob, "20000001");
  read(alice, bob, "20000001");
  write(bob, alice, "20000001");
  read(bob, alice, "20000001");
}

TEST_CASE("an operation without bytes is an error, not a transfer") {
  worker_process alice;
  CHECK(alice.ask("writable w 0").starts_with("error empty_descriptor"));
  CHECK(alice.ask("readable r 1 0").starts_with("error empty_descriptor"));
  CHECK(alice.ask("writable w 1,0").starts_with("error empty_descriptor"));
}

TEST_CASE("the status names the lane and the peer") {
  worker_process alice{{"--rdma.worker-id=alice"}};
  worker_process bob{{"--rdma.worker-id=bob"}};
  auto metadata = bob.must("writable w 100");
  alice.must("write a 1 100 " + metadata);
  CHECK(alice.must("wait a") == "COMPLETE 100 " + lane() + " bob");
  CHECK(bob.must("wait w") == "COMPLETE 100 " + lane() + " alice");
  metadata = alice.must("writable self 100");
  alice.must("write b 1 100 " + metadata);
  CHECK(alice.must("wait b") == "COMPLETE 100 self alice");
}

TEST_CASE("1 GiB arrives intact", "[slow]") {
  worker_process alice;
  worker_process bob;
  write(alice, bob, "1073741824");
  read(alice, bob, "1073741824");
}
