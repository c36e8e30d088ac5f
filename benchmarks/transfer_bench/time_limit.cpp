// SPDX-License-Identifier: BSD-3-Clause

#include "time_limit.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace transfer_bench {

namespace {

std::array<char, 256> text;
size_t text_size = 0;

// May only call what is safe in a signal handler.
void give_up(int) {
  [[maybe_unused]] auto n = ::write(STDERR_FILENO, text.data(), text_size);
  ::_exit(1);
}

} // namespace

void limit_time(const std::string& what, unsigned seconds) {
  ::alarm(0);
  auto str = "transfer_bench: no end after " + std::to_string(seconds)
             + " s: " + what;
  text_size = std::min(str.size(), text.size() - 1);
  std::copy_n(str.begin(), text_size, text.begin());
  text[text_size++] = '\n';
  std::signal(SIGALRM, give_up);
  ::alarm(seconds);
}

} // namespace transfer_bench
