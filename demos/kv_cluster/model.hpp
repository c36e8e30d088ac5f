// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kv_cluster {

/// What decides how large the KV cache of a model is.
struct model {
  std::string name;
  uint64_t layers;
  uint64_t kv_heads;
  uint64_t head_dimension;
  uint64_t bytes_per_value;

  /// Keys and values of one block's tokens, in bytes.
  uint64_t block_size() const noexcept;
};

/// The numbers are those of the models' public configurations.
std::vector<model> models();

/// Returns nothing if there is no such model.
std::optional<model> find_model(const std::string& name);

} // namespace kv_cluster
