// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/soak/soak.hpp"

#include <array>
#include <sstream>
#include <thread>

using namespace std::chrono_literals;

namespace rdma_soak {

namespace {

constexpr auto long_deadline = 20s;

// Beyond its deadline an operation gets the grace period, and the time that its
// peer was stopped.
constexpr auto slack = 20s;

std::string word(const std::string& line, size_t n) {
  std::istringstream in{line};
  std::string result;
  for (size_t i = 0; i <= n; ++i)
    in >> result;
  return result;
}

} // namespace

soak::soak(cluster& workers, uint64_t seed, size_t max_transfers)
  : workers_(workers), random_(seed), max_transfers_(max_transfers) {
  // nop
}

// -- steps -------------------------------------------------------------------

void soak::step() {
  workers_.resume_due();
  auto roll = below(1000);
  if (roll < 2)
    fault();
  else if (roll < 150)
    cancel();
  else if (roll < 400 && transfers_.size() < max_transfers_)
    begin();
  else if (!transfers_.empty())
    if (auto i = pick(); look(*i))
      transfers_.erase(i);
}

std::list<soak::transfer>::iterator soak::pick() {
  return std::next(transfers_.begin(),
                   static_cast<ptrdiff_t>(below(transfers_.size())));
}

void soak::fault() {
  auto slot = below(workers_.size());
  if (below(2) == 0) {
    ++stats_.kills;
    workers_.restart(slot);
  } else if (workers_.runs(slot)) {
    ++stats_.stops;
    workers_.stop(slot, 1ms * below(4000));
  }
}

void soak::cancel() {
  if (transfers_.empty())
    return;
  // Most of the others are over already.
  auto& x = below(2) == 0 ? transfers_.back() : *pick();
  auto& y = below(2) == 0 ? x.passive : x.active;
  // The worker answers only once the operation has ended: not if the one that
  // decides is stopped.
  if (!y.end.empty() || !reachable(x.passive) || !reachable(x.active))
    return;
  ++stats_.cancels;
  must(y.slot, "cancel " + y.name + " soak");
}

void soak::begin() {
  auto passive = below(workers_.size());
  auto active = below(workers_.size());
  if (!workers_.runs(passive) || !workers_.runs(active))
    return;
  constexpr auto sizes
    = std::to_array<size_t>({1, 100, 4096, 65536, 1 << 20, 5 << 20, 40 << 20});
  auto write = below(2) == 0;
  transfer x;
  auto id = std::to_string(++last_id_);
  x.size = 1 + below(sizes[below(sizes.size())]);
  x.seed = below(UINT32_MAX);
  x.standing = below(3) == 0;
  x.passive = {"p" + id, passive, workers_.life(passive), !write, {}, {}};
  x.active = {"a" + id, active, workers_.life(active), write, {}, {}};
  x.latest = clock::now() + long_deadline + slack;
  auto deadline = below(5) == 0 ? 1 + below(300) : long_deadline / 1ms;
  auto set = "deadline " + std::to_string(deadline);
  auto size = std::to_string(x.size);
  auto seeded = std::to_string(x.seed) + " " + size;
  must(passive, set);
  must(passive, x.standing ? "claims 0" : "claims 1");
  auto metadata = must(passive, write ? "writable p" + id + " " + size
                                      : "readable p" + id + " " + seeded);
  must(active, set);
  must(active, write ? "write a" + id + " " + seeded + " " + metadata
                     : "read a" + id + " " + size + " " + metadata);
  stats_.operations += 2;
  transfers_.push_back(std::move(x));
}

// -- looking -----------------------------------------------------------------

bool soak::look(transfer& x) {
  auto sides = {&x.passive, &x.active};
  for (auto* y : sides)
    look(x, *y);
  if (x.standing && !x.active.end.empty())
    revoke(x.passive);
  if (x.passive.end.empty() || x.active.end.empty()) {
    if (clock::now() > x.latest)
      throw broken_promise{"an operation does not end: " + x.active.name};
    return false;
  }
  if (!x.ended) {
    check_agreement(x);
    x.ended = clock::now();
  }
  // Time for late writes.
  if (clock::now() - *x.ended < 1s)
    return false;
  for (auto* y : sides)
    if (!dead(*y) && !workers_.runs(y->slot))
      return false;
  for (auto* y : sides)
    if (!dead(*y))
      drop(*y);
  return true;
}

void soak::look(const transfer& x, side& y) {
  if (!y.end.empty())
    return;
  if (dead(y)) {
    y.end = lost;
    ++stats_.died;
  } else if (workers_.runs(y.slot)) {
    auto status = word(must(y.slot, "status " + y.name), 0);
    if (status == "INITIALIZED" || status == "IN_PROGRESS")
      return;
    y.end = status;
    reclaim(x, y);
  }
}

// Nobody else uses the grant.
void soak::revoke(const side& x) {
  if (x.end.empty() && !dead(x) && workers_.runs(x.slot))
    workers_.ask(x.slot, "cancel " + x.name);
}

void soak::reclaim(const transfer& x, side& y) {
  if (y.end == "COMPLETE") {
    ++stats_.complete;
    if (!y.source) {
      must(y.slot, "check " + y.name + " " + std::to_string(x.seed));
      stats_.bytes += x.size;
    }
  } else {
    y.code = word(workers_.ask(y.slot, "wait " + y.name), 1);
    ++(y.end == "CANCELLED" ? stats_.cancelled : stats_.errored);
    stats_.unknown += y.code == "outcome_unknown";
    if (y.code == "none" || y.code == "protocol_violation")
      throw broken_promise{"ends with " + y.code + ": " + y.name};
  }
  workers_.ask(y.slot, "poison " + y.name);
}

void soak::check_agreement(const transfer& x) const {
  if (x.standing)
    return; // it ends when it is revoked, whatever has become of its claim
  auto& source = x.active.source ? x.active : x.passive;
  auto& destination = x.active.source ? x.passive : x.active;
  auto where = ": " + source.name + " " + source.end + " " + source.code + ", "
               + destination.name + " " + destination.end + " "
               + destination.code;
  if (source.end == "COMPLETE" && destination.end != "COMPLETE"
      && destination.end != lost)
    throw broken_promise{"only the source is COMPLETE" + where};
  if (destination.end == "COMPLETE" && source.end != "COMPLETE"
      && source.end != lost && source.code != "outcome_unknown")
    throw broken_promise{"only the destination is COMPLETE" + where};
}

void soak::drop(const side& x) {
  must(x.slot, "poisoned " + x.name);
  must(x.slot, "drop " + x.name);
}

// -- the end -----------------------------------------------------------------

void soak::finish() {
  workers_.resume_all();
  while (!transfers_.empty()) {
    for (auto i = transfers_.begin(); i != transfers_.end();)
      i = look(*i) ? transfers_.erase(i) : std::next(i);
    std::this_thread::sleep_for(10ms);
  }
  for (size_t i = 0; i < workers_.size(); ++i)
    check_rest(i);
}

// What stays is the transport, the connector and a peer for each worker; what
// has ended may still be on its way out.
void soak::check_rest(size_t slot) {
  auto end = clock::now() + slack;
  for (;;) {
    auto actors = std::stoul(word(must(slot, "stats"), 2));
    if (actors <= workers_.size() + 2)
      return;
    if (clock::now() > end)
      throw broken_promise{"worker " + std::to_string(slot) + " has "
                           + std::to_string(actors) + " actors left"};
    std::this_thread::sleep_for(10ms);
  }
}

std::string soak::must(size_t slot, const std::string& line) {
  auto answer = workers_.ask(slot, line);
  if (!answer.starts_with("ok"))
    throw broken_promise{line.substr(0, 60) + ": " + answer};
  return answer.size() > 3 ? answer.substr(3) : std::string{};
}

} // namespace rdma_soak
