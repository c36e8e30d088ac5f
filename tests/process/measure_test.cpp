// SPDX-License-Identifier: BSD-3-Clause

// Figures, not checks: run with `rdma_process_test "[.measure]"`.

#include "caf_rdma/tests/process/steps.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>

using namespace rdma_test;

namespace {

using clock_type = std::chrono::steady_clock;

class samples {
public:
  void add(clock_type::time_point since) {
    std::chrono::duration<double, std::milli> x = clock_type::now() - since;
    xs_.push_back(x.count());
  }

  void print(const std::string& what) {
    if (xs_.empty())
      return;
    std::sort(xs_.begin(), xs_.end());
    std::cout << what << ": " << xs_.size() << " runs, p50 " << at(50)
              << " ms, p99 " << at(99) << " ms, max " << xs_.back() << " ms"
              << std::endl;
  }

private:
  double at(size_t percent) const {
    return xs_[(xs_.size() - 1) * percent / 100];
  }

  std::vector<double> xs_;
};

} // namespace

TEST_CASE("how long a death takes to end 20 operations", "[.measure]") {
  samples all;
  auto survivor = start("survivor", slow);
  for (int run = 0; run < 100; ++run) {
    auto victim = start("victim", slow);
    write(*survivor, *victim);
    strings to;
    strings from;
    for (int i = 0; i < 10; ++i) {
      auto id = std::to_string(i);
      to.push_back(victim->must("writable w" + id + " 1000000"));
      from.push_back(victim->must("readable r" + id + " 1 1000000"));
    }
    victim->signal(SIGSTOP);
    for (size_t i = 0; i < 10; ++i) {
      auto id = std::to_string(i);
      survivor->must("write w" + id + " 1 1000000 " + to[i]);
      survivor->must("read r" + id + " 1000000 " + from[i]);
    }
    for (int i = 0; i < 10; ++i) {
      survivor->tell("wait w" + std::to_string(i));
      survivor->tell("wait r" + std::to_string(i));
    }
    auto since = clock_type::now();
    victim->kill();
    for (int i = 0; i < 20; ++i) {
      auto answer = survivor->hear();
      CAPTURE(i, answer);
      CHECK(answer.starts_with("error"));
    }
    all.add(since);
  }
  all.print("SIGKILL to the end of the last of 20 operations");
}

TEST_CASE("how long a cancel takes under load", "[.measure]") {
  samples at_source;
  samples at_target;
  samples large;
  auto source = start("source");
  auto target = start("target");
  auto cancel = [](worker_process& x, const std::string& id, samples& to) {
    auto since = clock_type::now();
    if (x.must("cancel " + id).starts_with("CANCELLED"))
      to.add(since);
  };
  for (int run = 0; run < 10; ++run) {
    strings metadata;
    for (int i = 0; i < 16; ++i)
      metadata.push_back(
        source->must("readable o" + std::to_string(i) + " 1 30000000"));
    auto big = source->must("readable large 1 1073741824");
    target->must("read large 1073741824 " + big);
    for (size_t i = 0; i < 16; ++i)
      target->must("read o" + std::to_string(i) + " 30000000 " + metadata[i]);
    for (int i = 0; i < 16; i += 2) {
      cancel(*source, "o" + std::to_string(i), at_source);
      cancel(*target, "o" + std::to_string(i + 1), at_target);
    }
    cancel(*source, "large", large);
  }
  at_source.print("cancel of one of 16, beside one of 1 GiB, at the source");
  at_target.print("cancel of one of 16, beside one of 1 GiB, at the target");
  large.print("cancel of a transfer of 1 GiB at the source");
}
