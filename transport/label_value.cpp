// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/label_value.hpp"

#include <kj/encoding.h>

namespace rdma::detail {

std::string label_value(std::string_view text) {
  auto points = kj::encodeUtf32(kj::arrayPtr(text.data(), text.size()));
  for (auto& point : points) // KJ lets halves of UTF-16 pairs pass
    if (point >= 0xd800 && point <= 0xdfff)
      point = 0xfffd;
  kj::String clean = kj::decodeUtf32(points);
  std::string result;
  for (auto c : clean) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

} // namespace rdma::detail
