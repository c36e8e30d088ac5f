// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/json_escapes.hpp"

#include <kj/encoding.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace rdma::detail {

namespace {

constexpr size_t escape_size = 6;

std::optional<char16_t> read_escape(std::string_view str) {
  uint16_t result = 0;
  if (str.size() < escape_size || !str.starts_with("\\u"))
    return std::nullopt;
  auto* last = str.data() + escape_size;
  auto [ptr, code] = std::from_chars(str.data() + 2, last, result, 16);
  if (code != std::errc{} || ptr != last)
    return std::nullopt;
  return static_cast<char16_t>(result);
}

/// Takes a whole run of escapes, because two of them may be one character.
void flush(std::u16string& run, std::string& out) {
  if (run.empty())
    return;
  kj::String text = kj::decodeUtf16(kj::arrayPtr(run.data(), run.size()));
  for (auto c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  run.clear();
}

} // namespace

std::string expand_escapes(std::string_view json) {
  std::string result;
  result.reserve(json.size());
  std::u16string run;
  while (!json.empty()) {
    if (auto unit = read_escape(json)) {
      run += *unit;
      json.remove_prefix(escape_size);
      continue;
    }
    flush(run, result);
    // What follows a backslash belongs to it: "\\u" is no escape.
    auto n = std::min<size_t>(json.front() == '\\' ? 2 : 1, json.size());
    result += json.substr(0, n);
    json.remove_prefix(n);
  }
  flush(run, result);
  return result;
}

} // namespace rdma::detail
