// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/dlpack.hpp"

#include "caf_rdma/messages/error.hpp"

#include <dlpack/dlpack.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rdma {

namespace {

caf::error fail(errc code, std::string what) {
  return make_error(code, "a tensor " + std::move(what));
}

std::optional<device> device_of(const DLDevice& x) {
  switch (x.device_type) {
    case kDLCPU:
    case kDLCUDAHost:
    case kDLCUDAManaged: // as CUDA's own look at the pointer has it
      return cpu;
    case kDLCUDA:
      if (x.device_id < 0)
        return std::nullopt;
      return cuda(static_cast<uint32_t>(x.device_id));
    default:
      return std::nullopt;
  }
}

/// A dimension, in elements and in bytes from one to the next.
struct dimension {
  int64_t extent;
  int64_t stride;
};

/// How the elements of a tensor lie in memory, in bytes from the first one.
struct layout {
  std::vector<dimension> outer;
  int64_t block = 0; // bytes that lie together
  int64_t begin = 0; // of the lowest address
  int64_t end = 0;   // of the highest
};

/// Returns nothing if the numbers are too large.
std::optional<std::vector<dimension>> dimensions_of(const DLTensor& x,
                                                    int64_t element) {
  std::vector<dimension> result(static_cast<size_t>(x.ndim));
  auto compact = element;
  for (auto i = result.size(); i-- > 0;) {
    auto& y = result[i];
    y.extent = x.shape[i];
    y.stride = compact;
    if (x.strides != nullptr
        && __builtin_mul_overflow(x.strides[i], element, &y.stride))
      return std::nullopt;
    if (__builtin_mul_overflow(compact, y.extent, &compact))
      return std::nullopt;
  }
  std::erase_if(result, [](const dimension& y) { return y.extent == 1; });
  return result;
}

/// Joins the dimensions whose elements lie together.
std::optional<layout> layout_of(std::vector<dimension> dims, int64_t element) {
  layout result;
  result.block = element;
  while (!dims.empty() && dims.back().stride == result.block) {
    result.block *= dims.back().extent; // no more than all of them
    dims.pop_back();
  }
  result.end = result.block;
  for (auto& x : dims) {
    int64_t span = 0;
    auto& limit = x.stride < 0 ? result.begin : result.end;
    if (__builtin_mul_overflow(x.extent - 1, x.stride, &span)
        || __builtin_add_overflow(limit, span, &limit))
      return std::nullopt;
  }
  int64_t size = 0;
  if (__builtin_sub_overflow(result.end, result.begin, &size))
    return std::nullopt;
  result.outer = std::move(dims);
  return result;
}

/// Adds the blocks of the dimensions from `depth` on, in their order.
void add_blocks(const layout& x, size_t depth, int64_t offset, selection& to) {
  if (depth == x.outer.size()) {
    add_block(to, 0, static_cast<uint64_t>(offset - x.begin),
              static_cast<uint64_t>(x.block));
    return;
  }
  auto& dim = x.outer[depth];
  for (int64_t i = 0; i < dim.extent; ++i)
    add_blocks(x, depth + 1, offset + i * dim.stride, to);
}

uint64_t count_blocks(const layout& x) {
  uint64_t result = 1;
  for (auto& dim : x.outer) {
    auto extent = static_cast<uint64_t>(dim.extent);
    if (extent > max_selected_blocks / result)
      return max_selected_blocks + 1;
    result *= extent;
  }
  return result;
}

/// The blocks of one that has been checked do not overlap if each dimension
/// steps over all that is within the smaller ones.
bool overlaps(const layout& x) {
  auto dims = x.outer;
  auto step = [](const dimension& y) { return std::abs(y.stride); };
  std::ranges::sort(dims, {}, step);
  auto within = x.block;
  for (auto& y : dims) {
    if (step(y) < within)
      return true;
    within = step(y) * (y.extent - 1) + within;
  }
  return false;
}

} // namespace

descriptor_list tensor_memory::cut() const {
  if (blocks.empty())
    return {whole};
  auto owner = std::make_shared<descriptor>(whole);
  descriptor_list result;
  result.reserve(block_count(blocks));
  for (auto& run : blocks)
    for (uint64_t i = 0; i < run.count; ++i)
      result.emplace_back(static_cast<void*>(whole.data() + run.offset
                                             + i * run.stride),
                          run.length, whole.device(), owner);
  return result;
}

caf::expected<tensor_memory> take_dlpack(DLManagedTensor* tensor) {
  if (tensor == nullptr || tensor->dl_tensor.data == nullptr)
    return fail(errc::null_pointer, "points to null");
  auto& x = tensor->dl_tensor;
  auto where = device_of(x.device);
  if (!where)
    return fail(errc::unsupported_device,
                "is on a device of DLPack's type "
                  + std::to_string(x.device.device_type) + ", number "
                  + std::to_string(x.device.device_id));
  auto bits = int64_t{x.dtype.bits} * x.dtype.lanes;
  if (bits == 0 || bits % 8 != 0)
    return fail(errc::invalid_option,
                "has elements of " + std::to_string(bits) + " bits");
  if (x.ndim < 0 || (x.ndim > 0 && x.shape == nullptr)
      || std::any_of(x.shape, x.shape + x.ndim,
                     [](int64_t n) { return n < 0; }))
    return fail(errc::invalid_option, "has a shape that is none");
  if (std::find(x.shape, x.shape + x.ndim, 0) != x.shape + x.ndim)
    return fail(errc::empty_descriptor, "has no elements");
  auto dims = dimensions_of(x, bits / 8);
  auto found = dims ? layout_of(std::move(*dims), bits / 8) : std::nullopt;
  if (!found)
    return fail(errc::invalid_option, "is larger than all memory");
  if (count_blocks(*found) > max_selected_blocks)
    return fail(errc::bad_selection, "has more than "
                                       + std::to_string(max_selected_blocks)
                                       + " blocks");
  if (overlaps(*found))
    return fail(errc::bad_selection, "has elements that overlap");
  std::shared_ptr<DLManagedTensor> owner{tensor, [](DLManagedTensor* ptr) {
                                           if (ptr->deleter != nullptr)
                                             ptr->deleter(ptr);
                                         }};
  auto* lowest = static_cast<std::byte*>(x.data) + x.byte_offset + found->begin;
  tensor_memory result{{static_cast<void*>(lowest),
                        static_cast<size_t>(found->end - found->begin), *where,
                        std::move(owner)},
                       {}};
  if (!found->outer.empty())
    add_blocks(*found, 0, 0, result.blocks);
  return result;
}

} // namespace rdma
