// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do with memory that is unmapped and mapped anew: where
// it was registered, that must not be used any more.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <sys/mman.h>

#include <cstring>

using namespace rdma;
using namespace rdma_conformance;

namespace {

/// Maps memory, at the given address if that is not null.
std::byte* map(size_t size, void* where = nullptr) {
  auto flags = MAP_PRIVATE | MAP_ANONYMOUS
               | (where != nullptr ? MAP_FIXED_NOREPLACE : 0);
  auto* result = ::mmap(where, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  REQUIRE(result != MAP_FAILED);
  return static_cast<std::byte*>(result);
}

} // namespace

TEST_CASE("on every lane memory that is mapped anew at the same address is "
          "what moves") {
  scenario x{GENERATE(from_range(lanes()))};
  auto size = GENERATE(size_t{4096}, size_t{1} << 20);
  INFO(x.name << ", " << size);
  auto* there = map(size);
  auto* here = map(size);
  for (auto round = 1; round <= 5; ++round) {
    std::memset(here, round, size);
    auto passive = x.make(x.stage->bob(), create_writable_atom_v,
                          descriptor_list{{there, size}});
    auto active = x.make(x.stage->alice(), begin_write_atom_v,
                         descriptor_list{{here, size}}, x.metadata(passive));
    CHECK(x.end_of(active) == errc::none);
    CHECK(x.end_of(passive) == errc::none);
    CHECK(std::memcmp(there, here, size) == 0);
    for (auto* ptr : {there, here}) {
      REQUIRE(::munmap(ptr, size) == 0);
      REQUIRE(map(size, ptr) == ptr);
      CHECK(*ptr == std::byte{});
    }
  }
  ::munmap(there, size);
  ::munmap(here, size);
}
