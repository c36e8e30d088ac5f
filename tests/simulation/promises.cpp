// SPDX-License-Identifier: BSD-3-Clause

// What a simulated world checks after each step and at its end.

#include "caf_rdma/tests/simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

using rdma::errc;
using rdma::status;

namespace rdma_sim {

namespace {

void promise(bool kept, const char* what) {
  if (!kept)
    throw broken_promise{what};
}

// Never empty; looked at after each step.
bool all_equal(const std::vector<std::byte>& xs) {
  return std::memcmp(xs.data(), xs.data() + 1, xs.size() - 1) == 0;
}

bool holds_only(const std::vector<std::byte>& xs, std::byte x) {
  return xs.front() == x && all_equal(xs);
}

} // namespace

// -- after each step ---------------------------------------------------------

void world::check() {
  for (auto& x : operations_) {
    check_memory(x);
    hear_claims(x);
    if (x.reclaimed)
      continue;
    if (x.wait && x.wait->answered())
      on_end(x);
    else if (!x.handle && !x.wait && (!alive(x) || x.memory.use_count() == 1))
      reclaim(x); // let go, or dead
  }
}

// From the first moment on: who has failed, or waits still, must not find other
// bytes than those of its peers either.
void world::check_memory(const user_operation& x) const {
  if (x.reclaimed) {
    promise(holds_only(*x.memory, poison),
            "memory changed after a final status");
    return;
  }
  auto allowed = [&x](std::byte value) {
    return x.may_hold[std::to_integer<size_t>(value)];
  };
  promise(allowed(x.memory->front())
            && (all_equal(*x.memory)
                || std::ranges::all_of(*x.memory, allowed)),
          "bytes of no source");
}

void world::on_end(user_operation& x) {
  auto answer = x.wait->get();
  if (answer) {
    x.end = std::move(*answer);
    promise(x.end->status == status::complete, "wait hides a failure");
    promise(x.standing || x.end->bytes == x.memory->size(),
            "COMPLETE with bytes missing");
    ++stats_.complete;
  } else {
    x.end.emplace();
    x.end->reason = std::move(answer.error());
    auto code = rdma::code_of(x.end->reason);
    promise(code != errc::none, "an error without a code");
    promise(code != errc::protocol_violation, "a protocol violation");
    x.end->status = code == errc::cancelled ? status::cancelled
                                            : status::errored;
    ++(code == errc::cancelled ? stats_.cancelled : stats_.errored);
  }
  if (x.standing) {
    check_claims(x);
  } else if (x.destination && x.end->status == status::complete) {
    x.pattern = x.memory->front();
    promise(holds_only(*x.memory, x.pattern), "COMPLETE with mixed bytes");
    promise(source_of(x) != nullptr, "COMPLETE with bytes of no source");
  }
  promise(x.memory.use_count() == 1, "the owner of the memory is kept");
  reclaim(x);
}

void world::reclaim(user_operation& x) {
  x.reclaimed = true;
  std::ranges::fill(*x.memory, poison);
}

// The operation whose bytes a completed destination holds.
const user_operation* world::source_of(const user_operation& x) const {
  auto is_source = [&](const user_operation& y) {
    return (x.active ? partners(x, y) : partners(y, x))
           && y.pattern == x.pattern;
  };
  auto i = std::ranges::find_if(operations_, is_source);
  return i != operations_.end() ? &*i : nullptr;
}

bool world::partners(const user_operation& active,
                     const user_operation& passive) const {
  return active.partner && &operations_[*active.partner] == &passive;
}

void world::check_claims(const user_operation& x) const {
  if (x.end->status != status::complete)
    return;
  auto may_be_complete = [&](const user_operation& y) {
    return partners(y, x)
           && (!alive(y) || !y.end || y.end->status == status::complete
               || rdma::code_of(y.end->reason) == errc::outcome_unknown);
  };
  auto served = std::ranges::count_if(operations_, may_be_complete);
  promise(static_cast<uint64_t>(served) >= x.metadata->terms.claims,
          "COMPLETE with claims missing");
}

void world::hear_claims(user_operation& x) const {
  while (x.listener && (*x.listener)->has_next_message())
    (*x.listener)->receive([&x](rdma::claim_report& y) {
      x.claims.push_back(std::move(y));
    });
}

void world::check_reports(const user_operation& x) const {
  auto complete = [](const rdma::claim_report& y) {
    return y.status == status::complete;
  };
  // Of what a reader gets the reader decides.
  auto may_be_complete = [&](const rdma::claim_report& y) {
    return complete(y)
           || (!x.destination
               && rdma::code_of(y.reason) == errc::outcome_unknown);
  };
  int64_t claims = 0, ended_well = 0, may_have = 0;
  for (auto& y : operations_)
    if (partners(y, x)) {
      auto unknown = !alive(y) || !y.end
                     || rdma::code_of(y.end->reason) == errc::outcome_unknown;
      auto well = y.end && y.end->status == status::complete;
      ++claims;
      ended_well += well;
      may_have += well || unknown;
    }
  auto was_sent = [&](const std::string& note) {
    return std::ranges::any_of(operations_, [&](const user_operation& y) {
      return partners(y, x) && y.note == note;
    });
  };
  promise(std::ssize(x.claims) <= claims, "a report of no claim");
  promise(std::ranges::count_if(x.claims, complete) <= may_have,
          "a claim is reported COMPLETE, but its active side has failed");
  promise(std::ranges::count_if(x.claims, may_be_complete) >= ended_well,
          "an active side is COMPLETE, but no claim is reported to be");
  for (auto& y : x.claims)
    if (y.notification)
      promise(complete(y) && was_sent(*y.notification),
              "a notification that is none");
}

// -- at the end --------------------------------------------------------------

void world::check_end() {
  for (auto& x : operations_) {
    if (!alive(x) || !x.end)
      continue;
    for (auto& y : x.cancels) {
      promise(y.answered(), "a cancel is not answered");
      auto answer = y.get();
      promise(answer && answer->status == x.end->status,
              "cancel and wait tell different ends");
    }
    check_agreement(x);
    if (x.listener)
      check_reports(x);
  }
}

void world::check_agreement(const user_operation& x) const {
  if (x.end->status != status::complete || x.standing)
    return;
  if (x.destination) {
    auto& y = *source_of(x);
    if (alive(y) && y.end && !y.standing)
      promise(y.end->status == status::complete
                || rdma::code_of(y.end->reason) == errc::outcome_unknown,
              "the source of a COMPLETE destination says that it failed");
    return;
  }
  auto completed = [&](const user_operation& y) {
    if (!(x.active ? partners(x, y) : partners(y, x)))
      return false;
    return !alive(y) || !y.end || y.standing
           || (y.end->status == status::complete && y.pattern == x.pattern);
  };
  promise(std::ranges::any_of(operations_, completed),
          "a source is COMPLETE, but no destination is");
}

void world::check_let_go() const {
  for (auto& x : operations_)
    if (x.let_go) {
      promise(!x.wait || x.end, "nobody hears of a lost operation's end");
      promise(x.memory.use_count() == 1, "a lost operation keeps its memory");
    }
  for (auto& x : workers_)
    promise(!x->shutting_down(), "a shutdown does not end");
}

void world::check_leaks() {
  for (auto& x : operations_)
    x.handle = {};
  // Until the silence of the dead has been noticed: what has been copied for
  // them may be on its way still.
  for (auto i = 0; i < 10; ++i) {
    settle();
    advance(std::chrono::milliseconds{200});
  }
  for (auto& x : operations_)
    promise(x.memory.use_count() == 1, "an ended operation keeps memory");
  for (auto& x : workers_) {
    promise(x->transport().busy() == 0, "requests are left");
    // Transport, connector and one peer for each life it has met.
    promise(x->actors() <= 2 + lives_, "actors are left");
  }
}

} // namespace rdma_sim
