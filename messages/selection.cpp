// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/selection.hpp"

#include "caf_rdma/messages/error.hpp"

namespace rdma {

namespace {

/// Returns what is wrong with a run in a descriptor of `size` bytes, or
/// nullptr.
const char* fault(const block_run& x, uint64_t size) {
  if (x.count == 0 || x.length == 0)
    return "has no bytes";
  if (x.offset > size || x.length > size - x.offset)
    return "does not lie within its descriptor";
  if (x.count == 1)
    return nullptr;
  if (x.stride < x.length)
    return "has blocks that overlap";
  if ((size - x.offset - x.length) / x.stride < x.count - 1)
    return "does not lie within its descriptor";
  return nullptr;
}

caf::error fail(size_t index, const std::string& what) {
  return make_error(errc::bad_selection,
                    "run " + std::to_string(index) + " of the blocks " + what);
}

} // namespace

void add_block(selection& xs, uint32_t descriptor, uint64_t offset,
               uint64_t length) {
  if (!xs.empty() && xs.back().descriptor == descriptor
      && xs.back().length == length
      && xs.back().count < std::numeric_limits<uint32_t>::max()) {
    auto& last = xs.back();
    auto stride = last.count > 1 ? last.stride : offset - last.offset;
    if (offset >= last.offset && stride >= length
        && offset - last.offset == stride * last.count) {
      last.stride = stride;
      ++last.count;
      return;
    }
  }
  xs.push_back({descriptor, 1, offset, length, 0});
}

caf::error check(std::span<const block_run> xs,
                 const std::vector<uint64_t>& sizes, selection_sum& sum) {
  for (auto& x : xs) {
    auto i = sum.runs++;
    if (sum.runs > max_selected_runs)
      return make_error(errc::bad_selection,
                        "more than " + std::to_string(max_selected_runs)
                          + " runs of blocks");
    if (x.descriptor >= sizes.size())
      return fail(i, "names descriptor " + std::to_string(x.descriptor) + " of "
                       + std::to_string(sizes.size()));
    if (auto* what = fault(x, sizes[x.descriptor]))
      return fail(i, what);
    sum.blocks += x.count;
    if (sum.blocks > max_selected_blocks)
      return make_error(errc::bad_selection,
                        "more than " + std::to_string(max_selected_blocks)
                          + " blocks");
    if (x.length > (std::numeric_limits<uint64_t>::max() - sum.bytes) / x.count)
      return fail(i, "makes the total too large");
    sum.bytes += x.length * x.count;
  }
  return {};
}

caf::error check(const selection& xs, const std::vector<uint64_t>& sizes) {
  selection_sum sum;
  return check(xs, sizes, sum);
}

uint64_t total_size(const selection& xs) noexcept {
  uint64_t result = 0;
  for (auto& x : xs)
    result += x.length * x.count;
  return result;
}

uint64_t block_count(const selection& xs) noexcept {
  uint64_t result = 0;
  for (auto& x : xs)
    result += x.count;
  return result;
}

} // namespace rdma
