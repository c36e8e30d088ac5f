// SPDX-License-Identifier: BSD-3-Clause

#include "member.hpp"

#include <charconv>

namespace kv_cluster {

std::string to_string(const address& x) {
  return x.host + ':' + std::to_string(x.port);
}

std::optional<address> address_from(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return std::nullopt;
  address result;
  result.host = text.substr(0, colon);
  auto* end = text.data() + text.size();
  auto [rest, code] = std::from_chars(text.data() + colon + 1, end,
                                      result.port);
  if (code != std::errc{} || rest != end || result.port == 0)
    return std::nullopt;
  return result;
}

} // namespace kv_cluster
