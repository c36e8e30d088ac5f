// SPDX-License-Identifier: BSD-3-Clause

#include "hex.hpp"

namespace transfer_bench {

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (auto b : bytes) {
    result += digits[b >> 4];
    result += digits[b & 15];
  }
  return result;
}

std::vector<unsigned char> from_hex(const std::string& str) {
  std::vector<unsigned char> result;
  for (size_t i = 0; i + 1 < str.size(); i += 2)
    result.push_back(
      static_cast<unsigned char>(std::stoul(str.substr(i, 2), nullptr, 16)));
  return result;
}

} // namespace transfer_bench
