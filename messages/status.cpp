// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/status.hpp"

#include "caf_rdma/messages/error.hpp"

#include <algorithm>
#include <array>

namespace rdma {

namespace {

constexpr auto names = std::to_array<std::string_view>({
  "UNINITIALIZED",
  "INITIALIZED",
  "IN_PROGRESS",
  "COMPLETE",
  "CANCELLED",
  "ERRORED",
});

} // namespace

std::string to_string(status x) {
  auto index = static_cast<size_t>(x);
  if (index >= names.size())
    return "status(" + std::to_string(index) + ')';
  return std::string{names[index]};
}

bool from_string(std::string_view str, status& x) {
  auto i = std::find(names.begin(), names.end(), str);
  if (i == names.end())
    return false;
  x = static_cast<status>(i - names.begin());
  return true;
}

bool from_integer(uint8_t value, status& x) {
  if (value >= names.size())
    return false;
  x = static_cast<status>(value);
  return true;
}

bool operator==(const report& x, const report& y) {
  return x.status == y.status && x.bytes == y.bytes && x.total == y.total
         && x.lane == y.lane && x.peer == y.peer && x.reason == y.reason;
}

std::string to_string(const report& x) {
  auto result = to_string(x.status) + ' ' + std::to_string(x.bytes) + '/'
                + std::to_string(x.total) + " B";
  if (!x.lane.empty())
    result += " over " + x.lane;
  if (!x.peer.empty())
    result += ", peer " + x.peer;
  if (x.reason != caf::none)
    result += ": " + reason_of(x.reason);
  return result;
}

} // namespace rdma
