// SPDX-License-Identifier: BSD-3-Clause
//
// Feeds every file of a corpus to a fuzz target, without libFuzzer:
//
//   TARGET_replay DIRECTORY

#include "caf_rdma/tests/fuzz/check.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

int main(int argc, char* argv[]) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " DIRECTORY\n";
    return 2;
  }
  LLVMFuzzerInitialize(&argc, &argv);
  size_t files = 0;
  for (auto& x : std::filesystem::directory_iterator{argv[1]}) {
    std::ifstream in{x.path(), std::ios::binary};
    std::vector<char> bytes{std::istreambuf_iterator<char>{in}, {}};
    std::cout << x.path().filename().string() << std::endl; // before a crash
    // A copy of the exact size, so that a sanitizer sees reads past its end.
    std::vector<uint8_t> copy(bytes.begin(), bytes.end());
    copy.shrink_to_fit();
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
    ++files;
  }
  std::cout << files << " inputs\n";
  return files > 0 ? 0 : 1;
}
