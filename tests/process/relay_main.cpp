// SPDX-License-Identifier: BSD-3-Clause

// A slow, lossy wire between two network namespaces:
//
//     rdma_test_relay NAMESPACE NAMESPACE DEVICE DELAY_MS JITTER_MS
//                     LOSS_PERCENT MBIT_PER_S
//
// Makes a tap device in each namespace and carries frames between the two.
// Frames stay in order; what does not fit the queue is dropped. Says "ok" once
// the devices are there. For kernels without `tc netem`.

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <deque>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

using microseconds = std::chrono::microseconds;

struct wire_options {
  double delay_ms;
  double jitter_ms;
  double loss_percent;
  double mbit_per_s;
};

/// One direction.
class wire {
public:
  wire(int from, int to, const wire_options& options)
    : from_(from), to_(to), options_(options) {
    // nop
  }

  /// Takes frames that have arrived.
  void receive() {
    std::array<char, 65536> buffer;
    for (int i = 0; i < 64; ++i) {
      auto n = read(from_, buffer.data(), buffer.size());
      if (n <= 0)
        return;
      enqueue({buffer.data(), buffer.data() + n});
    }
  }

  /// Lets out what is due.
  void send(clock_type::time_point now) {
    while (!queue_.empty() && queue_.front().due <= now) {
      auto& bytes = queue_.front().bytes;
      queued_ -= bytes.size();
      if (write(to_, bytes.data(), bytes.size()) < 0)
        ++lost_;
      queue_.pop_front();
    }
  }

  /// Time until the next frame is due.
  microseconds next(clock_type::time_point now) const {
    if (queue_.empty())
      return std::chrono::seconds{1};
    return std::max(microseconds{0}, std::chrono::duration_cast<microseconds>(
                                       queue_.front().due - now));
  }

private:
  // About 100 ms at 50 Mbit/s, as in a router with a deep buffer.
  static constexpr size_t max_queued = 640000;

  struct frame {
    clock_type::time_point due;
    std::vector<char> bytes;
  };

  void enqueue(std::vector<char> bytes) {
    std::uniform_real_distribution<> percent{0, 100};
    if (queued_ + bytes.size() > max_queued
        || percent(random_) < options_.loss_percent) {
      ++lost_;
      return;
    }
    auto now = clock_type::now();
    auto size_us = static_cast<double>(bytes.size()) * 8 / options_.mbit_per_s;
    free_ = std::max(free_, now) + microseconds{std::lround(size_us)};
    std::uniform_real_distribution<> jitter{-options_.jitter_ms,
                                            options_.jitter_ms};
    auto extra_us = std::lround((options_.delay_ms + jitter(random_)) * 1000);
    last_ = std::max(last_, free_ + microseconds{extra_us});
    queued_ += bytes.size();
    queue_.push_back({last_, std::move(bytes)});
  }

  int from_;
  int to_;
  wire_options options_;
  std::deque<frame> queue_;
  size_t queued_ = 0;
  size_t lost_ = 0;
  clock_type::time_point free_; // when the wire has carried all frames so far
  clock_type::time_point last_; // when the last frame leaves
  std::mt19937 random_{42};
};

/// Makes a tap device in a namespace; it lives as long as the result.
int open_tap(const std::string& name_space, const char* device) {
  auto ns = open(("/var/run/netns/" + name_space).c_str(), O_RDONLY);
  if (ns < 0 || setns(ns, CLONE_NEWNET) != 0)
    return -1;
  close(ns);
  auto fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
    return -1;
  return fd;
}

void run(int left, int right, const wire_options& options) {
  wire there{left, right, options};
  wire back{right, left, options};
  for (;;) {
    auto now = clock_type::now();
    there.send(now);
    back.send(now);
    auto wait = std::min(there.next(now), back.next(now));
    timespec limit{wait.count() / 1000000, (wait.count() % 1000000) * 1000};
    std::array<pollfd, 2> fds{{{left, POLLIN, 0}, {right, POLLIN, 0}}};
    if (ppoll(fds.data(), fds.size(), &limit, nullptr) < 0)
      return;
    there.receive();
    back.receive();
  }
}

} // namespace

int main(int argc, char* argv[]) {
  prctl(PR_SET_PDEATHSIG, SIGKILL); // of a test that was killed
  if (argc != 8)
    return 2;
  auto left = open_tap(argv[1], argv[3]);
  auto right = open_tap(argv[2], argv[3]);
  if (left < 0 || right < 0) {
    std::cout << "error no tap device: " << std::strerror(errno) << std::endl;
    return 1;
  }
  std::cout << "ok" << std::endl;
  run(left, right,
      {std::stod(argv[4]), std::stod(argv[5]), std::stod(argv[6]),
       std::stod(argv[7])});
}
