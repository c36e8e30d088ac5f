// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace rdma::ucx {

/// Returns what `f` prints to a file. UCX tells about its lanes in no other
/// way; the printed form is stable since 1.8.
template <class F>
std::string print_to_string(F f) {
  char* text = nullptr;
  size_t size = 0;
  auto* file = open_memstream(&text, &size);
  if (file == nullptr)
    return {};
  f(file);
  fclose(file);
  std::string result{text, size};
  free(text);
  return result;
}

} // namespace rdma::ucx
