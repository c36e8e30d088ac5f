// SPDX-License-Identifier: BSD-3-Clause

#include "cases.hpp"

namespace transfer_bench {

namespace {

constexpr size_t kib = 1024;
constexpr size_t mib = 1024 * kib;

constexpr direction directions[] = {direction::write, direction::read};

bench_case make_latency(bool quick) {
  bench_case result{"latency",
                    figure::latency,
                    {caller::loop, caller::scoped},
                    {contender::raw_ucx},
                    {}};
  for (auto mode : directions)
    for (auto size : {size_t{8}, 4 * kib, 64 * kib})
      result.works.push_back({mode, size, 1, quick ? size_t{200} : 1000});
  return result;
}

bench_case make_bandwidth(bool quick) {
  bench_case result{"bandwidth",
                    figure::bandwidth,
                    {caller::loop},
                    {contender::raw_ucx, contender::memcpy},
                    {}};
  // Bytes to move per round: enough to be well above a scheduler's time slice.
  auto volume = (quick ? 128 : 512) * mib;
  for (auto mode : directions) {
    for (auto size : {mib, 16 * mib, 64 * mib})
      result.works.push_back({mode, size, 1, volume / size});
    result.works.push_back({mode, mib, 16, volume / mib});
  }
  return result;
}

} // namespace

std::vector<std::string> case_names() {
  std::vector<std::string> result;
  for (auto& x : make_cases(true))
    result.push_back(x.name);
  return result;
}

std::vector<bench_case> make_cases(bool quick) {
  return {make_latency(quick), make_bandwidth(quick)};
}

} // namespace transfer_bench
