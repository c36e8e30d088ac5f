// SPDX-License-Identifier: BSD-3-Clause

#include "journal.hpp"

#include <caf/sec.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <utility>

namespace kv_cluster {

namespace {

using json = nlohmann::json;

std::optional<journal_entry> parse(const std::string& line) {
  try {
    auto x = json::parse(line);
    journal_entry result;
    result.index = x.at("index");
    result.report.blocks = x.at("blocks");
    result.report.hits = x.at("hits");
    result.report.bytes = x.at("bytes");
    result.report.seconds = x.at("seconds");
    result.report.lane = x.at("lane");
    result.latency = x.at("latency");
    result.attempts = x.at("attempts");
    result.time = x.at("time");
    result.prefill = x.at("prefill");
    result.decode = x.at("decode");
    return result;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string to_line(const journal_entry& x) {
  return json{{"index", x.index},
              {"blocks", x.report.blocks},
              {"hits", x.report.hits},
              {"bytes", x.report.bytes},
              {"seconds", x.report.seconds},
              {"lane", x.report.lane},
              {"latency", x.latency},
              {"attempts", x.attempts},
              {"time", x.time},
              {"prefill", x.prefill},
              {"decode", x.decode}}
    .dump();
}

} // namespace

caf::expected<journal> journal::open(const std::string& file) {
  journal result;
  std::uintmax_t good = 0; // bytes
  {
    std::ifstream in{file};
    for (std::string line; std::getline(in, line) && !in.eof();) {
      auto x = parse(line);
      if (!x)
        break;
      result.entries_.push_back(std::move(*x));
      good += line.size() + 1;
    }
  }
  std::error_code code;
  if (std::filesystem::exists(file))
    std::filesystem::resize_file(file, good, code);
  result.out_.open(file, std::ios::app);
  if (code || !result.out_)
    return caf::make_error(caf::sec::cannot_open_file,
                           "cannot write the journal " + file);
  return result;
}

void journal::add(const journal_entry& x) {
  if (out_.is_open())
    out_ << to_line(x) << std::endl;
}

} // namespace kv_cluster
