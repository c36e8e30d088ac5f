// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/buffer_pool.hpp"

#include <bit>
#include <utility>

namespace rdma::ucx {

buffer buffer_pool::take(size_t size) {
  if (size < least_kept)
    return {std::make_unique_for_overwrite<std::byte[]>(size), size};
  auto whole = std::bit_ceil(size);
  auto& spare = spare_[static_cast<size_t>(std::countr_zero(whole))];
  if (spare.empty())
    return {std::make_unique_for_overwrite<std::byte[]>(whole), whole};
  auto result = std::move(spare.back());
  spare.pop_back();
  spare_bytes_ -= whole;
  return result;
}

void buffer_pool::give_back(buffer x) {
  // One that was made to measure fits nobody else.
  if (x.size < least_kept || !std::has_single_bit(x.size)
      || spare_bytes_ + x.size > max_spare)
    return;
  spare_bytes_ += x.size;
  spare_[static_cast<size_t>(std::countr_zero(x.size))].push_back(std::move(x));
}

} // namespace rdma::ucx
