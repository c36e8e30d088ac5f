// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/device.hpp"

#include "caf_rdma/messages/error.hpp"

#include <charconv>
#include <optional>

namespace rdma {

namespace {

std::optional<uint32_t> parse_ordinal(std::string_view str) {
  uint32_t result = 0;
  auto* last = str.data() + str.size();
  auto [ptr, code] = std::from_chars(str.data(), last, result);
  if (code != std::errc{} || ptr != last)
    return std::nullopt;
  return result;
}

} // namespace

std::string to_string(device x) {
  if (x.type == device_type::cpu)
    return "cpu";
  return "cuda:" + std::to_string(x.id);
}

caf::expected<device> parse_device(std::string_view str) {
  if (str == "cpu" || str == "host")
    return cpu;
  auto colon = str.find(':');
  auto type = str.substr(0, colon);
  if (type == "cuda" || type == "gpu") {
    if (colon == std::string_view::npos)
      return cuda(0);
    if (auto id = parse_ordinal(str.substr(colon + 1)))
      return cuda(*id);
  }
  return make_error(errc::unsupported_device,
                    "not a device: \"" + std::string{str.substr(0, 64)} + '"');
}

} // namespace rdma
