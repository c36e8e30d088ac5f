// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "journal.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kv_cluster {

/// Returns 0 if there are no values.
double percentile(std::vector<double> xs, double p);

/// What has become of the requests of a trace.
class statistics {
public:
  // -- events ----------------------------------------------------------------

  void add(journal_entry x) {
    served_.push_back(std::move(x));
  }

  /// An attempt has failed.
  void failed(const caf::error& why) {
    ++failures_[caf::to_string(why)];
  }

  /// A request is not tried any more.
  void give_up() {
    ++given_up_;
  }

  void node_lost() {
    ++lost_nodes_;
  }

  // -- properties ------------------------------------------------------------

  /// In the order of their ends, unless a journal tells of a router before.
  const std::vector<journal_entry>& entries() const noexcept {
    return served_;
  }

  size_t served() const noexcept {
    return served_.size();
  }

  size_t given_up() const noexcept {
    return given_up_;
  }

  size_t ended() const noexcept {
    return served() + given_up_;
  }

  size_t lost_nodes() const noexcept {
    return lost_nodes_;
  }

  /// Attempts, by what they have failed with.
  const std::map<std::string, size_t>& failures() const noexcept {
    return failures_;
  }

private:
  std::vector<journal_entry> served_;
  size_t given_up_ = 0;
  size_t lost_nodes_ = 0;
  std::map<std::string, size_t> failures_;
};

/// Sums over requests.
struct totals {
  explicit totals(const std::vector<journal_entry>& xs);

  totals() = default;

  void add(const journal_entry& x);

  size_t requests = 0;
  size_t repeated = 0; // needed more than one attempt
  uint64_t blocks = 0;
  uint64_t hits = 0;
  uint64_t bytes = 0;
  std::vector<double> fetches;    // seconds, of those that moved something
  std::vector<double> latencies;  // seconds
  std::vector<double> recoveries; // latencies of the repeated
  std::map<std::string, size_t> lanes;

  double gigabytes() const noexcept {
    return static_cast<double>(bytes) / 1e9;
  }

  /// In percent, of the blocks at decode nodes. NaN if there are none.
  double hit_rate() const noexcept;
};

} // namespace kv_cluster
