// SPDX-License-Identifier: BSD-3-Clause

#include "progress_bar.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace rdma_copy {

namespace {

constexpr int width = 30;

// The terminal's code to erase up to the end of the line.
constexpr char erase[] = "\x1b[K";

double share(uint64_t done, uint64_t total) {
  return total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1;
}

} // namespace

progress_bar::progress_bar(std::string label, bool quiet)
  : label_(std::move(label)), quiet_(quiet), terminal_(isatty(2) == 1) {
  // nop
}

void progress_bar::update(uint64_t done, uint64_t total) {
  if (quiet_)
    return;
  if (terminal_)
    draw(done, total);
  else
    print_line(done, total);
}

void progress_bar::clear() {
  if (!std::exchange(visible_, false))
    return;
  std::fprintf(stderr, "\r%s", erase);
  std::fflush(stderr);
}

void progress_bar::draw(uint64_t done, uint64_t total) {
  auto now = clock::now();
  if (done < total && now - drawn_ < std::chrono::milliseconds{50})
    return;
  drawn_ = now;
  visible_ = true;
  auto filled = static_cast<int>(share(done, total) * width);
  std::string bar(static_cast<size_t>(filled), '#');
  std::fprintf(stderr, "\r%s [%-*s] %3d %%  %s%s", label_.c_str(), width,
               bar.c_str(), static_cast<int>(share(done, total) * 100),
               pace(done, total).c_str(), erase);
  std::fflush(stderr);
}

void progress_bar::print_line(uint64_t done, uint64_t total) {
  auto tenths = static_cast<uint64_t>(share(done, total) * 10);
  if (tenths <= tenths_)
    return;
  tenths_ = tenths;
  std::fprintf(stderr, "%s %3d %%  %s\n", label_.c_str(),
               static_cast<int>(tenths * 10), pace(done, total).c_str());
}

std::string progress_bar::pace(uint64_t done, uint64_t total) const {
  auto seconds = std::chrono::duration<double>{clock::now() - start_}.count();
  if (done == 0 || seconds <= 0)
    return "";
  auto rate = static_cast<double>(done) / seconds;
  auto left = static_cast<double>(total - done) / rate;
  char result[64];
  std::snprintf(result, sizeof(result), "%.2f GB/s, %.0f s left", rate / 1e9,
                left);
  return result;
}

} // namespace rdma_copy
