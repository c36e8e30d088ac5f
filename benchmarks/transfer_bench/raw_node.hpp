// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "control_node.hpp"
#include "raw_worker.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace transfer_bench {

/// A control that uses UCX without actors.
class raw_node : public control_node, protected raw_listener {
public:
  raw_node(loop_mode mode, uint64_t features, uint64_t eager_below);

  std::string introduce() override;

  void meet(const std::string& line) override;

protected:
  void post_bye() override;

  void progress() override;

  bool settled() const override;

  /// Does what UCX's callbacks may only ask for.
  virtual void settle() = 0;

  // -- overrides of raw_listener ---------------------------------------------

  void on_message(const raw_message& x) override;

  std::span<std::byte> target(const raw_message& x, size_t size) override;

  void on_landed(const raw_message& x, size_t size) override;

  void on_sent(const raw_message& x) override;

  // -- member variables ------------------------------------------------------

  raw_worker worker_;
};

} // namespace transfer_bench
