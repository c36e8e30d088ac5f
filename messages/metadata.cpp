// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/metadata.hpp"

namespace rdma {

namespace {

constexpr auto malformed = errc::malformed_metadata;

caf::error fail(size_t index, const std::string& what) {
  return make_error(malformed,
                    "descriptor " + std::to_string(index) + ' ' + what);
}

caf::error check(const std::vector<remote_descriptor>& xs) {
  uint64_t total = 0;
  for (size_t i = 0; i < xs.size(); ++i) {
    const auto& [size, where] = xs[i];
    if (size == 0)
      return fail(i, "has no bytes");
    if (size > UINT64_MAX - total)
      return fail(i, "with its " + std::to_string(size)
                       + " B takes the sum past 2^64 B");
    if (where.type > device_type::cuda)
      return fail(i, "is on a device of unknown type");
    if (where.type == device_type::cpu && where.id != 0)
      return fail(i, "is on CPU " + std::to_string(where.id) + ", not 0");
    total += size;
  }
  return {};
}

} // namespace

caf::error check(const metadata& x) {
  if (x.kind > operation_kind::readable)
    return make_error(malformed, "unknown kind of operation");
  if (auto err = check(x.worker, malformed); err != caf::none)
    return err;
  if (auto err = check(x.descriptors); err != caf::none)
    return err;
  return check(x.terms, malformed);
}

// -- strings -----------------------------------------------------------------

std::string to_string(operation_kind x) {
  switch (x) {
    case operation_kind::writable:
      return "writable";
    case operation_kind::readable:
      return "readable";
  }
  return "operation_kind(" + std::to_string(static_cast<int>(x)) + ')';
}

bool from_string(std::string_view str, operation_kind& x) {
  for (auto y : {operation_kind::writable, operation_kind::readable})
    if (str == to_string(y)) {
      x = y;
      return true;
    }
  return false;
}

std::string to_string(const metadata& x) {
  uint64_t total = 0;
  for (const auto& y : x.descriptors)
    total += y.size;
  return "metadata(" + to_string(x.kind) + " at " + x.worker.id + '/'
         + std::to_string(x.worker.incarnation) + ", "
         + std::to_string(x.descriptors.size()) + " descriptors, "
         + std::to_string(total) + " B)";
}

} // namespace rdma
