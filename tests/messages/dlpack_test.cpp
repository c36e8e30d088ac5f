// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/dlpack.hpp"

#include "caf_rdma/messages/error.hpp"

#include <dlpack/dlpack.h>

#include <catch2/catch_test_macros.hpp>

#include <numeric>

using namespace rdma;

namespace {

/// A tensor of 32-bit numbers, as a library would hand it over.
struct tensor {
  explicit tensor(std::vector<int64_t> shape, std::vector<int64_t> strides = {},
                  int64_t first = 0)
    : shape_(std::move(shape)), strides_(std::move(strides)) {
    std::iota(values.begin(), values.end(), 0);
    managed.dl_tensor.data = values.data();
    managed.dl_tensor.device = {kDLCPU, 0};
    managed.dl_tensor.ndim = static_cast<int>(shape_.size());
    managed.dl_tensor.dtype = {kDLInt, 32, 1};
    managed.dl_tensor.shape = shape_.data();
    managed.dl_tensor.strides = strides_.empty() ? nullptr : strides_.data();
    managed.dl_tensor.byte_offset = static_cast<uint64_t>(first) * 4;
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensor* x) {
      ++static_cast<tensor*>(x->manager_ctx)->deleted;
    };
  }

  /// The numbers of a descriptor list, in order.
  static std::vector<int32_t> read(const descriptor_list& xs) {
    std::vector<int32_t> result;
    for (auto& x : xs) {
      auto* begin = reinterpret_cast<const int32_t*>(x.data());
      result.insert(result.end(), begin, begin + x.size() / 4);
    }
    return result;
  }

  errc refusal() {
    auto res = take_dlpack(&managed);
    return res ? errc::none : code_of(res.error());
  }

  std::vector<int32_t> values = std::vector<int32_t>(1000);
  DLManagedTensor managed{};
  int deleted = 0;

private:
  std::vector<int64_t> shape_;
  std::vector<int64_t> strides_;
};

using numbers = std::vector<int32_t>;

} // namespace

TEST_CASE("a compact tensor is one block, whatever its shape") {
  for (auto* x :
       {new tensor{{2, 3, 4}}, new tensor{{2, 3, 4}, {12, 4, 1}},
        new tensor{{2, 1, 12}, {12, 999, 1}}, new tensor{{24}, {1}}}) {
    auto memory = take_dlpack(&x->managed);
    REQUIRE(memory);
    CHECK(memory->blocks.empty());
    CHECK(memory->size() == 96);
    CHECK(memory->whole.data()
          == reinterpret_cast<std::byte*>(x->values.data()));
    CHECK(memory->whole.device() == cpu);
    CHECK(memory->cut().size() == 1);
    memory = make_error(errc::cancelled, "over");
    CHECK(x->deleted == 1);
    delete x;
  }
}

TEST_CASE("a tensor without dimensions is one element") {
  tensor x{{}};
  auto memory = take_dlpack(&x.managed);
  REQUIRE(memory);
  CHECK(memory->size() == 4);
}

TEST_CASE("the rows of a slice are one run of blocks") {
  tensor x{{5, 3}, {10, 1}, 2}; // columns 2, 3 and 4 of ten
  auto memory = take_dlpack(&x.managed);
  REQUIRE(memory);
  CHECK(memory->blocks == selection{{0, 5, 0, 12, 40}});
  CHECK(memory->size() == 60);
  CHECK(memory->whole.size() == 4 * 40 + 12);
  CHECK(check(memory->blocks, {memory->whole.size()}) == caf::none);
  CHECK(tensor::read(memory->cut())
        == numbers{2, 3, 4, 12, 13, 14, 22, 23, 24, 32, 33, 34, 42, 43, 44});
}

TEST_CASE("blocks come in the order of the elements") {
  SECTION("transposed") {
    tensor x{{3, 2}, {1, 3}};
    auto memory = take_dlpack(&x.managed);
    REQUIRE(memory);
    CHECK(tensor::read(memory->cut()) == numbers{0, 3, 1, 4, 2, 5});
  }
  SECTION("backwards") {
    tensor x{{4}, {-1}, 3};
    auto memory = take_dlpack(&x.managed);
    REQUIRE(memory);
    CHECK(memory->whole.size() == 16);
    CHECK(tensor::read(memory->cut()) == numbers{3, 2, 1, 0});
  }
  SECTION("planes of rows") {
    tensor x{{2, 2, 2}, {100, 10, 1}};
    auto memory = take_dlpack(&x.managed);
    REQUIRE(memory);
    CHECK(tensor::read(memory->cut())
          == numbers{0, 1, 10, 11, 100, 101, 110, 111});
  }
}

TEST_CASE("each descriptor of a strided tensor keeps it") {
  tensor x{{5, 3}, {10, 1}};
  auto memory = take_dlpack(&x.managed);
  REQUIRE(memory);
  auto parts = memory->cut();
  memory = make_error(errc::cancelled, "over");
  parts.resize(1, parts.front());
  CHECK(x.deleted == 0);
  parts.clear();
  CHECK(x.deleted == 1);
}

TEST_CASE("a tensor says on which device it is") {
  tensor x{{4}};
  x.managed.dl_tensor.device = {kDLCUDA, 3};
  auto memory = take_dlpack(&x.managed);
  REQUIRE(memory);
  CHECK(memory->whole.device() == cuda(3));
  for (auto type : {kDLCUDAHost, kDLCUDAManaged}) {
    tensor y{{4}};
    y.managed.dl_tensor.device = {type, 0};
    auto pinned = take_dlpack(&y.managed);
    REQUIRE(pinned);
    CHECK(pinned->whole.device() == cpu);
  }
}

TEST_CASE("what is no tensor of ours stays the caller's") {
  CHECK(code_of(take_dlpack(nullptr).error()) == errc::null_pointer);
  tensor x{{4, 4}};
  auto& y = x.managed.dl_tensor;
  SECTION("null") {
    y.data = nullptr;
    CHECK(x.refusal() == errc::null_pointer);
  }
  SECTION("no elements") {
    y.shape[1] = 0;
    CHECK(x.refusal() == errc::empty_descriptor);
  }
  SECTION("a negative extent") {
    y.shape[0] = -1;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("dimensions without a shape") {
    y.shape = nullptr;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("a negative number of dimensions") {
    y.ndim = -1;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("elements of half a byte") {
    y.dtype.bits = 4;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("elements of no bits") {
    y.dtype.lanes = 0;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("another device") {
    y.device = {kDLROCM, 0};
    CHECK(x.refusal() == errc::unsupported_device);
  }
  SECTION("a GPU with a negative number") {
    y.device = {kDLCUDA, -1};
    CHECK(x.refusal() == errc::unsupported_device);
  }
  SECTION("an extent that overflows") {
    y.shape[0] = INT64_MAX;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("a stride that overflows") {
    int64_t strides[] = {INT64_MAX / 2, 1};
    y.strides = strides;
    CHECK(x.refusal() == errc::invalid_option);
    strides[0] = INT64_MIN / 4;
    CHECK(x.refusal() == errc::invalid_option);
    strides[0] = INT64_MIN / 4 / 4;
    strides[1] = INT64_MAX / 4 / 4;
    CHECK(x.refusal() == errc::invalid_option);
  }
  SECTION("a broadcast dimension") {
    int64_t strides[] = {0, 1};
    y.strides = strides;
    CHECK(x.refusal() == errc::bad_selection);
  }
  SECTION("overlapping rows") {
    int64_t strides[] = {2, 1};
    y.strides = strides;
    CHECK(x.refusal() == errc::bad_selection);
  }
  SECTION("too many blocks") {
    y.shape[0] = 1 << 21;
    int64_t strides[] = {8, 1};
    y.strides = strides;
    CHECK(x.refusal() == errc::bad_selection);
  }
  CHECK(x.deleted == 0);
}
