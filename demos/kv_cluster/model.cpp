// SPDX-License-Identifier: BSD-3-Clause

#include "model.hpp"

#include "trace.hpp"

#include <algorithm>

namespace kv_cluster {

uint64_t model::block_size() const noexcept {
  constexpr uint64_t keys_and_values = 2;
  return layers * keys_and_values * kv_heads * head_dimension * bytes_per_value
         * tokens_per_block;
}

std::vector<model> models() {
  return {
    {"llama-3-8b", 32, 8, 128, 2},
    {"llama-3-70b", 80, 8, 128, 2},
    {"qwen2-7b", 28, 4, 128, 2},
  };
}

std::optional<model> find_model(const std::string& name) {
  auto all = models();
  auto i = std::ranges::find(all, name, &model::name);
  if (i == all.end())
    return std::nullopt;
  return *i;
}

} // namespace kv_cluster
