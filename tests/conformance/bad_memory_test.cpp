// SPDX-License-Identifier: BSD-3-Clause

// What lanes within one process or host must say of memory that cannot be what
// the caller takes it for.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <sys/mman.h>

#include <numeric>
#include <vector>

using namespace rdma;
using namespace rdma_conformance;

namespace {

constexpr size_t size = 200'000;

std::vector<lane_under_test> lanes_named(std::vector<std::string> names) {
  auto result = lanes();
  std::erase_if(result, [&names](const lane_under_test& x) {
    return std::find(names.begin(), names.end(), x.name) == names.end();
  });
  return result;
}

} // namespace

TEST_CASE("within a process a source that is the target, in part, is refused") {
  scenario x{GENERATE(from_range(lanes_named({"self", "local"})))};
  auto write = GENERATE(true, false);
  auto shift = GENERATE(size_t{1}, size - 1);
  INFO(x.name << ", write " << write << ", shifted by " << shift);
  std::vector<uint8_t> memory(size + shift);
  std::iota(memory.begin(), memory.end(), uint8_t{0});
  auto before = memory;
  descriptor_list from{{static_cast<void*>(memory.data()), size}};
  descriptor_list to{{static_cast<void*>(memory.data() + shift), size}};
  auto passive = write ? x.make(x.stage->bob(), create_writable_atom_v, to)
                       : x.make(x.stage->bob(), create_readable_atom_v, from);
  auto active = write ? x.make(x.stage->alice(), begin_write_atom_v, from,
                               x.metadata(passive))
                      : x.make(x.stage->alice(), begin_read_atom_v,
                               x.metadata(passive), to);
  CHECK(x.end_of(active) == errc::bad_selection);
  CHECK((memory == before)); // too long to print
}

TEST_CASE("within a host a target that is mapped read-only is told from a "
          "source that is not mapped") {
  scenario x{GENERATE(from_range(lanes_named({"local"})))};
  auto write = GENERATE(true, false);
  auto bad_target = GENERATE(true, false);
  INFO("write " << write << ", bad target " << bad_target);
  auto map = [] {
    auto* result = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(result != MAP_FAILED);
    return result;
  };
  auto* source = map();
  auto* target = map();
  ::mprotect(bad_target ? target : source, size,
             bad_target ? PROT_READ : PROT_NONE);
  descriptor_list from{{source, size, cpu}};
  descriptor_list to{{target, size, cpu}};
  auto passive = write ? x.make(x.stage->bob(), create_writable_atom_v, to)
                       : x.make(x.stage->bob(), create_readable_atom_v, from);
  auto active = write ? x.make(x.stage->alice(), begin_write_atom_v, from,
                               x.metadata(passive))
                      : x.make(x.stage->alice(), begin_read_atom_v,
                               x.metadata(passive), to);
  auto code = bad_target ? errc::read_only_memory : errc::transport_failure;
  CHECK(x.end_of(active) == code);
  CHECK(x.end_of(passive) == code);
  ::munmap(source, size);
  ::munmap(target, size);
}
