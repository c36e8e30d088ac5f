// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "raw_node.hpp"
#include "vm_reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace transfer_bench {

/// The protocol of the library's lane `local`, without actors: the source
/// offers by an active message, the destination fetches by `process_vm_readv`
/// and acknowledges.
class pull_node : public raw_node {
public:
  explicit pull_node(loop_mode mode);

  std::string introduce() override;

  void meet(const std::string& line) override;

protected:
  void begin(size_t slot) override;

  void settle() override;

  void on_message(const raw_message& x) override;

private:
  void handle(const raw_message& x);

  std::optional<vm_reader> reader_;
  std::vector<raw_message> inbox_;
  std::vector<raw_message> scratch_;
};

} // namespace transfer_bench
