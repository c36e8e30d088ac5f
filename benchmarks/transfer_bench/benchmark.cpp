// SPDX-License-Identifier: BSD-3-Clause

#include "benchmark.hpp"

#include "memory.hpp"
#include "second_process.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <tuple>

namespace transfer_bench {

namespace {

/// Contender, loop, caller and place in the list of works.
using key = std::tuple<contender, loop_mode, caller, size_t>;

/// What has been measured so far.
struct series {
  std::vector<double> us;
  std::vector<double> p50_us; // of each round, like the others
  std::vector<double> gbps;
  std::vector<double> ops_per_s;
  std::string lane;
};

using results = std::map<key, series>;

void add(series& to, const work& x, samples y) {
  auto n = static_cast<double>(y.us.size());
  to.p50_us.push_back(percentile(y.us, 0.5));
  to.us.insert(to.us.end(), y.us.begin(), y.us.end());
  to.gbps.push_back(n * static_cast<double>(x.size) / y.seconds / 1e9);
  to.ops_per_s.push_back(n / y.seconds);
  to.lane = std::move(y.lane);
}

/// One contender's turn: all works of the case, after a short warm-up each.
void take_turn(results& to, contender what, loop_mode mode,
               const bench_case& which, second_process& other) {
  auto current = make_session(what, mode, other);
  auto callers = which.callers;
  if (what != contender::library)
    callers = {caller::loop};
  for (size_t i = 0; i < which.works.size(); ++i)
    for (auto who : callers) {
      auto x = which.works[i];
      x.who = who;
      auto warm_up = x;
      warm_up.count = std::max(x.outstanding, x.count / 10);
      current->run(warm_up);
      add(to[{what, mode, who, i}], x, current->run(x));
    }
}

figures summary(const series& x) {
  return {percentile(x.gbps, 0.5), percentile(x.us, 0.5),
          percentile(x.us, 0.99), percentile(x.ops_per_s, 0.5)};
}

comparison compare(contender control, figure what, const series& library,
                   const series& y) {
  std::vector<double> ratios;
  for (size_t i = 0; i < library.gbps.size(); ++i)
    ratios.push_back(what == figure::latency ? y.p50_us[i] / library.p50_us[i]
                                             : library.gbps[i] / y.gbps[i]);
  return {control, summary(y), percentile(ratios, 0.5)};
}

void make_rows(std::vector<row>& rows, const bench_case& which,
               const std::vector<loop_mode>& loops, results& from) {
  for (auto mode : loops)
    for (size_t i = 0; i < which.works.size(); ++i)
      for (auto who : which.callers) {
        auto& library = from[{contender::library, mode, who, i}];
        row x{which.name,       which.what, library.lane, which.works[i], mode,
              summary(library), {}};
        x.of.who = who;
        for (auto control : which.controls)
          x.controls.push_back(compare(control, which.what, library,
                                       from[{control, mode, caller::loop, i}]));
        rows.push_back(std::move(x));
      }
}

template <class T>
bool asked_for(const std::vector<T>& all, const T& x) {
  return all.empty() || std::ranges::find(all, x) != all.end();
}

/// Leaves only what the options ask for.
bool restrict(bench_case& x, const options& opts) {
  if (!asked_for(opts.cases, x.name))
    return false;
  if (opts.no_controls)
    x.controls.clear();
  std::erase_if(x.callers, [&opts](caller y) {
    return !asked_for(opts.callers, to_string(y));
  });
  std::erase_if(x.works, [&opts](const work& y) {
    return !asked_for(opts.modes, to_string(y.mode))
           || !asked_for(opts.sizes, uint64_t{y.size});
  });
  return !x.works.empty() && !x.callers.empty();
}

} // namespace

std::vector<row> run(const options& opts) {
  memory();
  second_process other;
  std::vector<loop_mode> loops;
  for (auto mode : {loop_mode::polling, loop_mode::standard})
    if (asked_for(opts.loops, to_string(mode)))
      loops.push_back(mode);
  std::vector<row> rows;
  for (auto& which : make_cases(opts.quick)) {
    if (!restrict(which, opts))
      continue;
    results all;
    for (size_t round = 0; round < opts.rounds; ++round) {
      std::cerr << which.name << ": round " << round + 1 << " of "
                << opts.rounds << std::endl;
      for (auto mode : loops) {
        take_turn(all, contender::library, mode, which, other);
        for (auto control : which.controls)
          take_turn(all, control, mode, which, other);
      }
    }
    make_rows(rows, which, loops, all);
  }
  return rows;
}

} // namespace transfer_bench
