// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "protocol.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace kv_cluster {

/// What has become of the requests of a trace.
class statistics {
public:
  /// `latency` is from the moment that the request was there, in seconds.
  void add(const fetch_report& x, double latency, size_t attempts);

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

  size_t served() const noexcept {
    return latencies_.size();
  }

  size_t given_up() const noexcept {
    return given_up_;
  }

  size_t ended() const noexcept {
    return served() + given_up_;
  }

  /// A table in Markdown.
  void print(std::ostream& out, double seconds) const;

  /// The same for programs.
  std::string to_json(double seconds) const;

private:
  struct row {
    std::string name;
    double value;
    int digits;
  };

  std::vector<row> rows(double seconds) const;

  std::vector<double> latencies_; // seconds
  std::vector<double> fetches_;   // likewise, of those that moved something
  uint64_t blocks_ = 0;
  uint64_t hits_ = 0;
  uint64_t bytes_ = 0;
  size_t given_up_ = 0;
  std::vector<double> recoveries_; // latencies of those tried more than once
  size_t lost_nodes_ = 0;
  std::map<std::string, size_t> failures_; // of attempts
  std::map<std::string, size_t> lanes_;
};

} // namespace kv_cluster
