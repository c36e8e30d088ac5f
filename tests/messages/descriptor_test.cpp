// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/error.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace rdma;

namespace {

std::array<std::byte, 64> memory;

const auto& constant = memory;

bool mentions(const caf::error& err, std::string_view what) {
  return reason_of(err).find(what) != std::string::npos;
}

} // namespace

TEST_CASE("a descriptor of constant memory is read-only") {
  CHECK(!descriptor{memory.data(), 8}.read_only());
  CHECK(descriptor{constant.data(), 8}.read_only());
  CHECK(!descriptor{std::span{memory}}.read_only());
  CHECK(descriptor{std::span{constant}}.read_only());
}

TEST_CASE("a descriptor of a span counts bytes, not elements") {
  std::array<uint32_t, 3> xs{};
  descriptor x{std::span{xs}};
  CHECK(x.size() == 12);
  CHECK(static_cast<void*>(x.data()) == xs.data());
  CHECK(x.device() == cpu);
}

TEST_CASE("descriptors are equal if they name the same memory") {
  descriptor x{memory.data(), 8};
  CHECK(x == descriptor{constant.data(), 8});
  CHECK(!(x == descriptor{memory.data(), 9}));
  CHECK(!(x == descriptor{memory.data() + 1, 8}));
  CHECK(!(x == descriptor{memory.data(), 8, cuda(0)}));
}

TEST_CASE("a descriptor keeps its owner alive") {
  auto owner = std::make_shared<int>(1);
  {
    descriptor x{memory.data(), 8, cpu, owner};
    auto y = x;
    CHECK(owner.use_count() == 3);
  }
  CHECK(owner.use_count() == 1);
}

TEST_CASE("a descriptor prints its size and device but no address") {
  CHECK(to_string(descriptor{memory.data(), 8}) == "descriptor(8 B, cpu)");
  CHECK(to_string(descriptor{constant.data(), 8, cuda(1)})
        == "descriptor(8 B, cuda:1, read-only)");
}

TEST_CASE("a proper list passes the check") {
  descriptor_list xs{{memory.data(), 8}, {memory.data() + 8, 56}};
  CHECK(check(xs, access_mode::destination, 2) == caf::none);
  CHECK(total_size(xs) == 64);
  xs.emplace_back(constant.data(), 8);
  CHECK(check(xs, access_mode::source, 3) == caf::none);
}

TEST_CASE("the check names what is wrong and with which descriptor") {
  descriptor good{memory.data(), 8};
  auto run = [&](descriptor bad, rdma::access_mode use = access_mode::source) {
    return check({good, bad}, use, 16);
  };
  CHECK(check({}, access_mode::source, 16) == errc::no_descriptors);
  auto err = check({good, good, good}, access_mode::source, 2);
  CHECK(err == errc::limit_reached);
  CHECK(mentions(err, "3 descriptors"));
  err = run({static_cast<void*>(nullptr), 8});
  CHECK(err == errc::null_pointer);
  CHECK(mentions(err, "descriptor 1 "));
  err = run({memory.data(), 0});
  CHECK(err == errc::empty_descriptor);
  CHECK(mentions(err, "descriptor 1 "));
  err = run({constant.data(), 8}, access_mode::destination);
  CHECK(err == errc::read_only_memory);
  CHECK(mentions(err, "descriptor 1 "));
}

TEST_CASE("a sum of sizes past 2^64 is refused, up to it is not") {
  auto* low = reinterpret_cast<void*>(8); // so that each block fits
  descriptor_list xs{{low, SIZE_MAX - 16}, {low, 16}};
  CHECK(check(xs, access_mode::source, 16) == caf::none);
  xs.emplace_back(low, 1);
  auto err = check(xs, access_mode::source, 16);
  CHECK(err == errc::invalid_option);
  CHECK(mentions(err, "descriptor 2 "));
}

TEST_CASE("lists pair only if counts and sizes agree") {
  descriptor_list xs{{memory.data(), 8}, {memory.data() + 8, 16}};
  CHECK(check_pairs(xs, {{8, cpu}, {16, cuda(1)}}) == caf::none);
  CHECK(check_pairs(xs, {{8, cpu}}) == errc::count_mismatch);
  CHECK(check_pairs(xs, {{24, cpu}}) == errc::count_mismatch);
  auto err = check_pairs(xs, {{8, cpu}, {17, cpu}});
  CHECK(err == errc::size_mismatch);
  CHECK(mentions(err, "descriptor 1 has 16 B here and 17 B there"));
}

TEST_CASE("a block that reaches past the end of all addresses is refused") {
  auto* data = memory.data();
  auto room = UINTPTR_MAX - reinterpret_cast<uintptr_t>(data);
  auto at = [&](size_t size) {
    return check({descriptor{static_cast<void*>(data), size}},
                 access_mode::source, 1);
  };
  CHECK(at(room) == caf::none);
  CHECK(code_of(at(room + 1)) == errc::invalid_option);
  CHECK(code_of(at(SIZE_MAX)) == errc::invalid_option);
  CHECK(mentions(at(SIZE_MAX), "descriptor 0"));
  CHECK(mentions(at(SIZE_MAX), "past the end"));
}
