// SPDX-License-Identifier: BSD-3-Clause

#include "library_session.hpp"

#include "memory.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <thread>
#include <utility>

namespace transfer_bench {

namespace {

double seconds(const timeval& x) {
  return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6;
}

/// Time that all threads of this process have used.
double cpu_seconds() {
  rusage x{};
  ::getrusage(RUSAGE_SELF, &x);
  return seconds(x.ru_utime) + seconds(x.ru_stime);
}

} // namespace

library_session::library_session(const subject& x, peer_process& other)
  : what_(x), other_(other), node_(x.loop, x.lane, x.runtimes) {
  other_.ask("library " + to_string(x.loop) + ' ' + x.lane + ' '
             + std::to_string(x.peers));
}

library_session::~library_session() {
  other_.ask("end");
}

samples library_session::run(const work& x) {
  switch (x.kind) {
    case work_kind::cycles:
      return run_cycles(x);
    case work_kind::granted:
    case work_kind::verified:
    case work_kind::crowded:
      return run_granted(x);
    case work_kind::idle:
      return run_idle(x);
    default:
      return run_transfers(x);
  }
}

std::vector<rdma::metadata> library_session::create(const work& x) {
  other_.tell("create " + to_line(x));
  std::vector<rdma::metadata> result;
  result.reserve(x.count);
  for (size_t i = 0; i < x.count; ++i) {
    auto md = rdma::metadata_from_text(other_.hear());
    if (!md)
      die("library: " + to_string(md.error()));
    result.push_back(std::move(*md));
  }
  return result;
}

samples library_session::run_transfers(const work& x) {
  auto remote = create(x);
  auto peer_rss = std::stod(other_.ask("rss"));
  ::malloc_trim(0);
  auto result = node_.run(x, std::move(remote));
  result.peer_rss_kib = peer_rss;
  other_.ask("drop");
  if (result.lane != what_.lane)
    die("library: asked for lane " + what_.lane + ", got " + result.lane);
  return result;
}

rdma::metadata library_session::grant(const work& x) {
  auto md = rdma::metadata_from_text(other_.ask("grant " + to_line(x)));
  if (!md)
    die("library: " + to_string(md.error()));
  return std::move(*md);
}

samples library_session::run_granted(const work& x) {
  auto result = node_.run_granted(x, grant(x));
  other_.ask("drop");
  if (result.lane != what_.lane)
    die("library: asked for lane " + what_.lane + ", got " + result.lane);
  return result;
}

samples library_session::run_cycles(const work& x) {
  other_.tell("cycles " + to_line(x));
  auto result = node_.run_cycles(x, other_.channel());
  other_.hear();
  return result;
}

samples library_session::run_idle(const work& x) {
  using clock = std::chrono::steady_clock;
  auto contact = x;
  contact.outstanding = 1;
  contact.count = what_.peers;
  auto result = run_transfers(contact);
  result.us.clear();
  auto waiting = x;
  waiting.count = x.outstanding;
  node_.create(waiting);
  // What the contacts have left behind is done then.
  std::this_thread::sleep_for(std::chrono::seconds{1});
  auto start = clock::now();
  auto used = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds{x.count});
  used = cpu_seconds() - used;
  result.seconds = std::chrono::duration<double>(clock::now() - start).count();
  result.cpu_percent = used / result.seconds * 100;
  result.rss_kib = resident_kib();
  node_.drop();
  return result;
}

} // namespace transfer_bench
