// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/descriptor.hpp"

#include "caf_rdma/messages/error.hpp"

#include <utility>

namespace rdma {

namespace {

caf::error fail(errc code, size_t index, const std::string& what) {
  return make_error(code, "descriptor " + std::to_string(index) + ' ' + what);
}

caf::error check_one(const descriptor& x, access_mode use, size_t index) {
  if (x.size() == 0)
    return fail(errc::empty_descriptor, index, "has no bytes");
  if (x.data() == nullptr)
    return fail(errc::null_pointer, index,
                "points to null (" + std::to_string(x.size()) + " B)");
  if (x.size() > UINTPTR_MAX - reinterpret_cast<uintptr_t>(x.data()))
    return fail(errc::invalid_option, index,
                "with its " + std::to_string(x.size())
                  + " B reaches past the end of all addresses");
  if (use == access_mode::destination && x.read_only())
    return fail(errc::read_only_memory, index,
                "is a destination but names read-only memory ("
                  + std::to_string(x.size()) + " B)");
  return {};
}

} // namespace

// -- construction ------------------------------------------------------------

descriptor::descriptor(void* data, size_t size,
                       std::optional<rdma::device> where,
                       std::shared_ptr<const void> owner) noexcept
  : data_(static_cast<std::byte*>(data)),
    size_(size),
    device_(where),
    read_only_(false),
    owner_(std::move(owner)) {
  // nop
}

descriptor::descriptor(const void* data, size_t size,
                       std::optional<rdma::device> where,
                       std::shared_ptr<const void> owner) noexcept
  : descriptor(const_cast<void*>(data), size, where, std::move(owner)) {
  read_only_ = true;
}

// -- properties --------------------------------------------------------------

bool operator==(const descriptor& x, const descriptor& y) noexcept {
  return x.data_ == y.data_ && x.size_ == y.size_ && x.device() == y.device();
}

std::string to_string(const descriptor& x) {
  return "descriptor(" + std::to_string(x.size()) + " B, "
         + to_string(x.device()) + (x.read_only() ? ", read-only)" : ")");
}

// -- operations --------------------------------------------------------------

caf::error check(const descriptor_list& xs, access_mode use, size_t limit) {
  if (xs.empty())
    return make_error(errc::no_descriptors, "the descriptor list is empty");
  if (xs.size() > limit)
    return make_error(errc::limit_reached,
                      std::to_string(xs.size()) + " descriptors exceed the "
                        + "limit of " + std::to_string(limit)
                        + " (rdma.max-descriptors)");
  uint64_t total = 0;
  for (size_t i = 0; i < xs.size(); ++i) {
    if (auto err = check_one(xs[i], use, i); err != caf::none)
      return err;
    if (xs[i].size() > UINT64_MAX - total)
      return fail(errc::invalid_option, i,
                  "with its " + std::to_string(xs[i].size())
                    + " B takes the sum past 2^64 B");
    total += xs[i].size();
  }
  return {};
}

caf::error check_pairs(const descriptor_list& local,
                       const std::vector<remote_descriptor>& remote) {
  if (local.size() != remote.size())
    return make_error(errc::count_mismatch,
                      std::to_string(local.size()) + " local descriptors, "
                        + std::to_string(remote.size()) + " remote ones");
  for (size_t i = 0; i < local.size(); ++i)
    if (local[i].size() != remote[i].size)
      return fail(errc::size_mismatch, i,
                  "has " + std::to_string(local[i].size()) + " B here and "
                    + std::to_string(remote[i].size) + " B there");
  return {};
}

uint64_t total_size(const descriptor_list& xs) noexcept {
  uint64_t result = 0;
  for (const auto& x : xs)
    result += x.size();
  return result;
}

} // namespace rdma
