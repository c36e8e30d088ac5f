// SPDX-License-Identifier: BSD-3-Clause

#include "trace.hpp"

#include <caf/sec.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <random>

namespace kv_cluster {

namespace {

using json = nlohmann::json;

caf::error fail(size_t line, const std::string& what) {
  return caf::make_error(caf::sec::invalid_argument,
                         "line " + std::to_string(line) + " of the trace "
                           + what);
}

/// Takes a number out of an object. Returns false if there is none.
bool take(const json& from, const char* name, uint64_t& to) {
  auto i = from.find(name);
  if (i == from.end() || !i->is_number_unsigned())
    return false;
  to = i->get<uint64_t>();
  return true;
}

caf::expected<trace_request> parse(const std::string& text, size_t line) {
  auto x = json::parse(text, nullptr, false);
  if (!x.is_object())
    return fail(line, "is no JSON object");
  trace_request result;
  uint64_t timestamp = 0;
  if (!take(x, "timestamp", timestamp)
      || !take(x, "input_length", result.input_length)
      || !take(x, "output_length", result.output_length))
    return fail(line, "lacks a timestamp or a length");
  auto ids = x.find("hash_ids");
  if (ids == x.end() || !ids->is_array() || ids->empty()
      || !std::ranges::all_of(*ids,
                              [](auto& id) { return id.is_number_unsigned(); }))
    return fail(line, "has no hash_ids");
  result.timestamp = std::chrono::milliseconds{timestamp};
  result.hash_ids = ids->get<std::vector<block_id>>();
  return result;
}

} // namespace

caf::expected<trace> read_trace(std::istream& in) {
  trace result;
  size_t line = 0;
  for (std::string text; std::getline(in, text);) {
    ++line;
    if (text.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    auto x = parse(text, line);
    if (!x)
      return std::move(x.error());
    result.push_back(std::move(*x));
  }
  std::ranges::stable_sort(result, {}, &trace_request::timestamp);
  return result;
}

caf::expected<trace> read_trace(const std::string& file) {
  std::ifstream in{file};
  if (!in)
    return caf::make_error(caf::sec::cannot_open_file, "no such file: " + file);
  return read_trace(in);
}

trace make_trace(size_t requests, uint64_t seed) {
  constexpr size_t prompt_blocks = 2;
  constexpr size_t users = 16;
  std::mt19937_64 random{seed};
  auto below = [&random](uint64_t n) { return random() % n; };
  block_id next = 0;
  std::vector<block_id> prompt;
  while (prompt.size() < prompt_blocks)
    prompt.push_back(next++);
  std::vector<std::vector<block_id>> conversations(users, prompt);
  trace result;
  std::chrono::milliseconds now{0};
  while (result.size() < requests) {
    auto& ids = conversations[below(users)];
    if (ids.size() > 24)
      ids = prompt; // another conversation begins
    for (auto n = 1 + below(4); n > 0; --n)
      ids.push_back(next++);
    auto tokens = ids.size() * tokens_per_block - below(tokens_per_block);
    result.push_back({now, tokens, 1 + below(500), ids});
    now += std::chrono::milliseconds{below(300)};
  }
  return result;
}

} // namespace kv_cluster
