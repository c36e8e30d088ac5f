// SPDX-License-Identifier: BSD-3-Clause

#include "benchmark.hpp"

#include "memory.hpp"
#include "pattern.hpp"
#include "peer_process.hpp"
#include "series.hpp"
#include "session.hpp"
#include "time_limit.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <utility>

namespace transfer_bench {

namespace {

constexpr unsigned patience_s = 180;

using results = std::map<std::pair<subject, work>, series>;

/// One contender's turn in each round.
struct turn {
  subject who;
  std::vector<work> works;
};

std::vector<turn> plan(const group& x) {
  std::vector<turn> result;
  auto add = [&result](const subject& who, const work& what) {
    auto i = std::ranges::find(result, who, &turn::who);
    if (i == result.end())
      i = result.insert(i, {who, {}});
    if (std::ranges::find(i->works, what) == i->works.end())
      i->works.push_back(what);
  };
  for (auto& line : x.lines) {
    add(line.who, line.of);
    for (auto& y : line.controls)
      add(y.who, y.what);
  }
  return result;
}

std::string name_of(const subject& x) {
  return to_string(x.what) + (x.lane.empty() ? "" : ", lane " + x.lane) + ", "
         + to_string(x.loop);
}

/// Each transfer with processes that have not met.
samples run_cold(const subject& who, work x, peer_process& other) {
  samples result;
  auto n = std::exchange(x.count, 1);
  for (size_t i = 0; i < n; ++i) {
    auto part = make_session(who, other)->run(x);
    result.us.push_back(part.us.front());
    result.seconds += part.seconds;
  }
  return result;
}

/// A short run that is not measured. Makes sure that bytes really move; returns
/// the seconds of one transfer.
double warm_up(session& current, const subject& who, work x,
               peer_process& other) {
  static unsigned seed = 0;
  ++seed;
  auto command = [&x](const char* name, unsigned value) {
    return name + std::to_string(value) + ' ' + to_line(x);
  };
  auto comes_here = x.mode == direction::read
                    || who.what == contender::process_vm_readv;
  fill_pattern(x, comes_here ? seed + 1 : seed);
  other.ask(command("fill ", comes_here ? seed : seed + 1));
  x.count = std::max(
    {std::min(x.outstanding, memory_slots(x.size)), who.peers, x.count / 10});
  auto result = current.run(x).seconds / static_cast<double>(x.count);
  if (who.what == contender::memcpy || who.what == contender::actors)
    return result;
  auto good = comes_here ? check_pattern(x, seed)
                         : other.ask(command("check ", seed)) == "done";
  if (!good)
    die(name_of(who) + ": " + describe(x) + ": the wrong bytes have arrived");
  return result;
}

/// Takes out transfers that there is no time for.
void shorten(work& x, double seconds_each, double budget) {
  auto n = static_cast<size_t>(budget / seconds_each);
  x.count = std::min(x.count, std::max({n, 2 * x.outstanding, size_t{3}}));
}

void take_turn(results& to, const turn& x, double budget, peer_process& other) {
  std::unique_ptr<session> current;
  for (auto what : x.works) {
    limit_time(name_of(x.who) + ": " + describe(what), patience_s);
    auto& series = to[{x.who, what}];
    if (what.kind == work_kind::cold) {
      current.reset();
      series.add(what, run_cold(x.who, what, other));
      continue;
    }
    if (!current)
      current = make_session(x.who, other);
    if (what.kind != work_kind::idle)
      shorten(what, warm_up(*current, x.who, what, other), budget);
    series.add(what, current->run(what));
  }
}

std::vector<row> run_group(const group& x, const options& opts,
                           peer_process& other) {
  auto rounds = opts.rounds > 0 ? opts.rounds : opts.quick ? 1 : 5;
  auto budget = opts.quick ? 0.04 : 0.3;
  auto turns = plan(x);
  results all;
  for (size_t round = 0; round < rounds; ++round) {
    std::cerr << x.name << ": round " << round + 1 << " of " << rounds
              << std::endl;
    for (auto& y : turns)
      take_turn(all, y, budget, other);
    // Nobody always comes after the same one.
    std::ranges::rotate(turns, turns.begin() + 1);
  }
  std::vector<row> result;
  for (auto& line : x.lines) {
    auto& library = all[{line.who, line.of}];
    row y{line, library.summary(), {}};
    for (auto& control : line.controls)
      y.controls.push_back(
        library.compare(control, line.what, all[{control.who, control.what}]));
    result.push_back(std::move(y));
  }
  return result;
}

size_t memory_for(const std::vector<group>& xs) {
  size_t result = 16 << 20;
  for (auto& group : xs)
    for (auto& turn : plan(group))
      for (auto& what : turn.works)
        result = std::max(result, memory_for(what));
  return result;
}

} // namespace

std::vector<row> run(const options& opts) {
  limit_time("start", patience_s);
  peer_process other{opts.connect};
  auto groups = make_groups(opts, other.same_host());
  if (groups.empty())
    die("nothing to measure: the options leave out everything");
  auto size = memory_for(groups);
  reserve_memory(size);
  other.ask("memory " + std::to_string(size));
  std::vector<row> result;
  for (auto& x : groups)
    for (auto& y : run_group(x, opts, other))
      result.push_back(std::move(y));
  std::ranges::stable_sort(result, {}, [names = case_names()](const row& x) {
    return std::ranges::find(names, x.of.case_name) - names.begin();
  });
  limit_time("end", patience_s);
  return result;
}

} // namespace transfer_bench
