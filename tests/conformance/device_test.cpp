// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do when a GPU is slow, or fails.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <chrono>

using namespace rdma;
using namespace rdma_conformance;

using namespace std::chrono_literals;

namespace {

/// A transfer of some chunks from or to a GPU, or both.
struct device_stage : scenario {
  device_stage(const lane_under_test& lane, bool writes)
    : scenario(lane),
      size(20 * stage->chunk_size() + 3),
      from(size, 1),
      to(size),
      write_(writes) {
    // nop
  }

  void begin(operation_options opts = {}) {
    passive = write_ ? writable(to) : readable(from);
    active = write_ ? write(from, passive, opts) : read(passive, to, opts);
  }

  /// The operation whose memory a GPU copies first: the source's, if that is a
  /// GPU's.
  const operation& first_copied() const {
    auto is_source = memory::where.sources != cpu;
    return is_source == write_ ? active : passive;
  }

  /// Waits until copies are under way that do not end.
  void until_copying() {
    if (!stage->until([] { return gpus()->under_way() > 0; }))
      FAIL("nothing is copied");
  }

  size_t size;
  memory from;
  memory to;
  operation passive;
  operation active;

private:
  bool write_;
};

} // namespace

TEST_CASE("on every lane a GPU that fails ends both sides, and nothing else") {
  auto lane = GENERATE(from_range(gpu_lanes()));
  auto write = GENERATE(true, false);
  auto copies = GENERATE(size_t{0}, size_t{7});
  device_stage x{lane, write};
  INFO(x.name << (write ? ", write" : ", read") << " after " << copies);
  gpus()->fail_after(copies);
  x.begin();
  auto end = x.wait(x.active);
  REQUIRE_FALSE(end);
  CHECK(code_of(end.error()) == errc::device_error);
  CHECK(to_string(end.error()).find("illegal memory access")
        != std::string::npos);
  // A writer that had not offered anything was never there.
  if (x.status(x.passive).status != status::initialized)
    CHECK(x.end_of(x.passive) == errc::device_error);
  memory::where = {};
  memory plain{x.size, 2};
  memory copy{x.size};
  CHECK(x.end_of(x.write(plain, x.writable(copy))) == errc::none);
  CHECK(copy == plain);
  gpus()->heal();
  x.from.reclaim();
  x.begin();
  CHECK(x.end_of(x.active) == errc::none);
  CHECK(x.end_of(x.passive) == errc::none);
  CHECK(x.to == x.from);
}

TEST_CASE("on every lane a cancel waits until the GPU lets go") {
  auto lane = GENERATE(from_range(gpu_lanes()));
  auto write = GENERATE(true, false);
  auto of_active = GENERATE(true, false);
  device_stage x{lane, write};
  INFO(x.name << (write ? ", write" : ", read")
              << (of_active ? ", active" : ", passive"));
  gpus()->hold();
  x.begin();
  x.until_copying();
  auto& one = of_active ? x.active : x.passive;
  auto cancel = x.request<report>(one.actor(), cancel_atom_v,
                                  std::string{"enough"});
  x.stage->linger();
  auto& copied_here = x.first_copied();
  CHECK_FALSE(is_final(x.status(copied_here).status));
  gpus()->let_go();
  auto end = x.get(cancel);
  REQUIRE(end);
  CHECK(end->status == status::cancelled);
  if (!is_final(x.status(copied_here).status))
    static_cast<void>(x.cancel(copied_here));
  x.from.reclaim();
  x.to.reclaim();
  x.stage->linger();
  CHECK(x.to.reclaimed());
}

TEST_CASE("on every lane a deadline that passes while a GPU works ends both") {
  auto lane = GENERATE(from_range(gpu_lanes()));
  auto write = GENERATE(true, false);
  device_stage x{lane, write};
  INFO(x.name << (write ? ", write" : ", read"));
  gpus()->delay(20ms);
  operation_options opts;
  opts.deadline = 3ms;
  x.begin(opts);
  auto code = x.end_of(x.active);
  CHECK(code == errc::deadline_exceeded);
  x.from.reclaim();
  x.to.reclaim();
  x.stage->linger();
  CHECK(x.to.reclaimed());
  gpus()->delay(0ns);
}

TEST_CASE("on every lane a connector that is dropped waits for the GPU") {
  auto lane = GENERATE(from_range(gpu_lanes()));
  auto write = GENERATE(true, false);
  device_stage x{lane, write};
  INFO(x.name << (write ? ", write" : ", read"));
  gpus()->hold();
  x.begin();
  x.until_copying();
  x.stage->drop_bob();
  x.stage->linger();
  gpus()->let_go();
  CHECK(x.end_of(x.active) != errc::protocol_violation);
  x.from.reclaim();
  x.to.reclaim();
  x.stage->linger();
  CHECK(x.to.reclaimed());
}

TEST_CASE("on every lane memory finds out which GPU's it is") {
  scenario x{GENERATE(from_range(gpu_lanes()))};
  INFO(x.name);
  memory from{100, 1};
  memory to{100};
  auto untold = [](const memory& y) {
    auto z = y.describe()[0];
    return descriptor_list{{z.data(), z.size()}};
  };
  auto passive = x.make(x.stage->bob(), create_writable_atom_v, untold(to));
  CHECK(x.metadata(passive).descriptors[0].device
        == memory::where.destinations);
  auto active = x.make(x.stage->alice(), begin_write_atom_v, untold(from),
                       x.metadata(passive));
  CHECK(x.end_of(active) == errc::none);
  CHECK(to == from);
}

TEST_CASE("on every lane memory may be the CPU's and several GPUs' at once") {
  scenario x{GENERATE(from_range(gpu_lanes()))};
  INFO(x.name);
  auto size = 2 * x.stage->chunk_size() + 1;
  auto list = [&](memory& a, memory& b, memory& c) {
    return descriptor_list{a.describe()[0], b.describe()[0], c.describe()[0]};
  };
  memory from{{size, size, size}, 1};
  memory::where = {};
  memory first{size};
  memory::where.destinations = cuda(0);
  memory second{size};
  memory::where.destinations = cuda(1);
  memory third{size};
  auto passive = x.make(x.stage->bob(), create_writable_atom_v,
                        list(first, second, third));
  CHECK(x.end_of(x.write(from, passive)) == errc::none);
  CHECK(std::ranges::equal(first.view(), from.view(0)));
  CHECK(std::ranges::equal(second.view(), from.view(1)));
  CHECK(std::ranges::equal(third.view(), from.view(2)));
}
