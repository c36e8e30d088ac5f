// SPDX-License-Identifier: BSD-3-Clause

#include "report.hpp"

#include <nlohmann/json.hpp>

namespace transfer_bench {

namespace {

using json = nlohmann::ordered_json;

json to_json(const std::optional<double>& x) {
  return x ? json(*x) : json(nullptr);
}

void add(json& to, const std::string& prefix, const figures& x) {
  to[prefix + "gbps"] = x.gbps;
  to[prefix + "p50_us"] = x.p50_us;
  to[prefix + "p99_us"] = x.p99_us;
  to[prefix + "p999_us"] = x.p999_us;
  to[prefix + "ops_per_s"] = x.ops_per_s;
}

json to_json(const row& x) {
  json result;
  result["case"] = x.of.case_name;
  result["lane"] = x.of.who.lane;
  result["mode"] = to_string(x.of.of.mode);
  result["loop"] = to_string(x.of.who.loop);
  result["caller"] = to_string(x.of.of.who);
  result["size"] = x.of.of.size;
  result["blocks"] = x.of.of.blocks;
  result["outstanding"] = x.of.of.outstanding;
  result["runtimes"] = x.of.who.runtimes;
  result["peers"] = x.of.who.peers;
  add(result, "", x.library);
  result["cpu_percent"] = to_json(x.library.cpu_percent);
  result["rss_kib"] = to_json(x.library.rss_kib);
  result["peer_rss_kib"] = to_json(x.library.peer_rss_kib);
  return result;
}

} // namespace

std::string to_json(const std::vector<row>& rows) {
  auto result = json::array();
  for (auto& x : rows) {
    if (x.controls.empty()) {
      result.push_back(to_json(x));
      result.back()["control"] = nullptr;
      result.back()["ratio"] = nullptr;
    }
    for (auto& y : x.controls) {
      auto& object = result.emplace_back(to_json(x));
      object["control"] = y.control;
      object["ratio"] = y.ratio;
      object["extra_us"] = y.extra_us;
      add(object, "control_", y.of);
    }
  }
  return result.dump(2);
}

} // namespace transfer_bench
