// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/loop/loop_inbox.hpp"

#include "caf_rdma/transport/base/file_descriptors.hpp"

#include <caf/config.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <iterator>
#include <utility>

namespace rdma {

namespace {

template <class T>
void move_all(std::vector<T>& from, std::vector<T>& to) {
  if (to.empty()) {
    to.swap(from);
    return;
  }
  to.insert(to.end(), std::move_iterator{from.begin()},
            std::move_iterator{from.end()});
  from.clear();
}

} // namespace

// -- construction, destruction -----------------------------------------------

caf::expected<std::shared_ptr<loop_inbox>> loop_inbox::make() {
  auto fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0)
    return descriptor_error("cannot create an eventfd", errno);
  return std::shared_ptr<loop_inbox>{new loop_inbox{fd}};
}

loop_inbox::~loop_inbox() {
  ::close(fd_);
}

// -- any thread --------------------------------------------------------------

bool loop_inbox::post(task f) {
  auto asleep = false;
  {
    std::lock_guard guard{mutex_};
    if (closed_)
      return false;
    tasks_.push_back(std::move(f));
    pending_.store(true, std::memory_order_release);
    asleep = std::exchange(sleeping_, false);
  }
  if (asleep)
    wake();
  return true;
}

void loop_inbox::submit(caf::resumable* job) {
  auto asleep = false;
  {
    std::lock_guard guard{mutex_};
    if (closed_)
      CAF_CRITICAL("a progress loop was stopped before one of its actors");
    jobs_.push_back(job);
    pending_.store(true, std::memory_order_release);
    asleep = std::exchange(sleeping_, false);
  }
  if (asleep)
    wake();
}

void loop_inbox::wake() {
  // Fails only if the counter is about to overflow: readable, all the same.
  uint64_t one = 1;
  [[maybe_unused]] auto res = ::write(fd_, &one, sizeof(one));
}

// -- the loop's thread -------------------------------------------------------

bool loop_inbox::take(std::vector<caf::resumable*>& jobs,
                      std::vector<task>& tasks) {
  if (!pending_.load(std::memory_order_acquire))
    return false;
  std::lock_guard guard{mutex_};
  pending_.store(false, std::memory_order_relaxed);
  move_all(jobs_, jobs);
  move_all(tasks_, tasks);
  return true;
}

bool loop_inbox::prepare_sleep() {
  std::lock_guard guard{mutex_};
  sleeping_ = jobs_.empty() && tasks_.empty();
  return sleeping_;
}

void loop_inbox::finish_sleep() {
  {
    std::lock_guard guard{mutex_};
    sleeping_ = false;
  }
  // A poster that has seen `sleeping_` may write after this read: the next
  // sleep then ends at once, which is harmless.
  uint64_t count = 0;
  [[maybe_unused]] auto res = ::read(fd_, &count, sizeof(count));
}

bool loop_inbox::close_if_empty() {
  std::lock_guard guard{mutex_};
  if (!jobs_.empty() || !tasks_.empty())
    return false;
  closed_ = true;
  return true;
}

} // namespace rdma
