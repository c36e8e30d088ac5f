// SPDX-License-Identifier: BSD-3-Clause

// What a peer costs that takes nothing for a while, in memory.

#include "caf_rdma/tests/process/load.hpp"
#include "caf_rdma/tests/process/steps.hpp"

using namespace rdma_test;

TEST_CASE("what is written to a stopped peer takes little more than its bytes",
          "[eager]") {
#ifdef RDMA_SANITIZED
  SKIP("the sanitizer keeps what is freed");
#endif
  strings options{"--rdma.heartbeat-limit=60s"};
  auto writer = start("writer", options);
  auto owner = start("owner", options);
  owner->must("claims 0");
  auto metadata = owner->must("writable p 64");
  writer->must("write first 1 64 " + metadata);
  CHECK(writer->must("wait first").starts_with("COMPLETE"));
  auto write_some = [&, id = 0](int count) mutable {
    auto before = stats{*writer}.rss_kib;
    for (auto end = id + count; id < end; ++id)
      writer->must("write " + std::to_string(id) + " 1 64 " + metadata);
    auto grown = stats{*writer}.rss_kib - before;
    return static_cast<double>(grown) / count;
  };
  owner->signal(SIGSTOP);
  write_some(1'000); // what is there whatever follows
  // An operation takes 4 to 5 KiB. Before, each message took 9 more on the lane
  // local, and 35 by UCX.
  for (auto count : {1'000, 4'000}) {
    auto each = write_some(count);
    WARN(each << " KiB for each of " << count << " writes of 64 B, lane "
              << lane());
    CHECK(each < 8);
  }
  owner->signal(SIGCONT);
  CHECK(writer->must("wait 5999").starts_with("COMPLETE"));
}
