// SPDX-License-Identifier: BSD-3-Clause

// This is the one file that uses CAF's scheduling internals; hosted_actor.hpp
// is its companion. Both follow what CAF 0.18 does for its own brokers.

#include "caf_rdma/transport/loop/progress_loop.hpp"

#include "caf_rdma/transport/base/file_descriptors.hpp"

#include <caf/config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/send.hpp>

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace rdma {

namespace {

/// Idle rounds between two looks at the clock while spinning.
constexpr size_t spin_stride = 16;

/// Spins in vain after which a loop sleeps at once.
constexpr size_t max_vain_spins = 3;

thread_local const progress_loop* current_loop = nullptr;

bool watch(int epoll_fd, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

template <class T>
T must(caf::expected<T> x) {
  if (!x)
    CAF_CRITICAL(to_string(x.error()).c_str());
  return std::move(*x);
}

} // namespace

// -- construction, destruction -----------------------------------------------

caf::expected<progress_loop::descriptors> progress_loop::descriptors::make() {
  auto inbox = loop_inbox::make();
  if (!inbox)
    return std::move(inbox.error());
  auto fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0)
    return descriptor_error("cannot create an epoll instance", errno);
  if (!watch(fd, (*inbox)->fd())) {
    auto code = errno;
    ::close(fd);
    return descriptor_error("cannot watch a file descriptor", code);
  }
  return descriptors{std::move(*inbox), fd};
}

caf::expected<std::unique_ptr<progress_loop>>
progress_loop::make(caf::actor_system& sys, options opts) {
  auto fds = descriptors::make();
  if (!fds)
    return std::move(fds.error());
  return std::unique_ptr<progress_loop>{
    new progress_loop{sys, std::move(opts), std::move(*fds)}};
}

progress_loop::progress_loop(caf::actor_system& sys)
  : progress_loop(sys, options{}) {
  // nop
}

progress_loop::progress_loop(caf::actor_system& sys, options opts)
  : progress_loop(sys, std::move(opts), must(descriptors::make())) {
  // nop
}

progress_loop::progress_loop(caf::actor_system& sys, options opts,
                             descriptors fds)
  : caf::execution_unit(&sys),
    options_(std::move(opts)),
    inbox_(std::move(fds.inbox)),
    epoll_fd_(fds.epoll_fd) {
  // nop
}

progress_loop::~progress_loop() {
  stop();
  ::close(epoll_fd_);
}

// -- life --------------------------------------------------------------------

void progress_loop::start(std::string thread_name) {
  // CAF keeps the pointer, not the text.
  thread_name_ = std::move(thread_name);
  thread_ = system().launch_thread(thread_name_.c_str(), [this] { run(); });
}

size_t progress_loop::run_once() {
  auto outer = std::exchange(current_loop, this);
  auto events = round();
  current_loop = outer;
  return events;
}

void progress_loop::stop() {
  if (in_loop())
    CAF_CRITICAL("a progress loop must not be stopped by its own thread");
  if (stop_called_.exchange(true))
    return;
  inbox_->post([this] { kill_hosted(); });
  if (thread_.joinable())
    thread_.join();
  else
    run();
}

// -- any thread --------------------------------------------------------------

bool progress_loop::post(task f) {
  return inbox_->post(std::move(f));
}

bool progress_loop::in_loop() const noexcept {
  return current_loop == this;
}

size_t progress_loop::hosted_actors() const {
  std::lock_guard guard{hosted_mutex_};
  return hosted_.size();
}

// -- the loop's thread -------------------------------------------------------

progress_loop::timer_id progress_loop::at(time_point when, task f) {
  timer_id id{when, ++last_timer_};
  timers_.emplace_hint(timers_.end(), id, std::move(f));
  return id;
}

void progress_loop::cancel(timer_id& id) noexcept {
  // What the task has captured may use the loop, and may own `id`: it must go
  // last, when the map is in order again.
  auto node = timers_.extract(id);
  id = timer_id{};
}

void progress_loop::set_poller(poller* ptr) {
  if (poller_ != nullptr)
    ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, poller_->fd(), nullptr);
  poller_ = ptr;
  if (poller_ != nullptr && !watch(epoll_fd_, poller_->fd()))
    CAF_CRITICAL("a progress loop cannot watch UCX");
}

// -- called by hosted_actor<Base>
// --------------------------------------------------

void progress_loop::actor_launched(caf::actor_control_block* ptr) {
  auto stopping = false;
  {
    std::lock_guard guard{hosted_mutex_};
    hosted_.insert(ptr);
    stopping = stopping_;
  }
  if (stopping)
    kill(ptr);
}

void progress_loop::actor_terminated(caf::actor_control_block* ptr) {
  // A loop that waits for its last actor may be gone after the erase.
  auto foreign = in_loop() ? nullptr : inbox_;
  {
    std::lock_guard guard{hosted_mutex_};
    hosted_.erase(ptr);
  }
  if (foreign)
    foreign->wake();
}

// -- overrides of caf::execution_unit ----------------------------------------

void progress_loop::exec_later(caf::resumable* job) {
  if (job->subtype() != caf::resumable::io_actor) {
    system().scheduler().enqueue(job);
  } else if (in_loop()) {
    ready_.push_back(job);
  } else {
    // The job may end the last actor, and the loop, before `submit` returns.
    auto inbox = inbox_;
    inbox->submit(job);
  }
}

// -- rounds ------------------------------------------------------------------

void progress_loop::run() {
  auto outer = std::exchange(current_loop, this);
  for (;;) {
    auto events = round();
    if (stopping_ && finish())
      break;
    if (events > 0) {
      if (std::exchange(idle_rounds_, 0) > 0)
        vain_spins_ = 0;
    } else if (!keep_spinning()) {
      sleep();
    }
  }
  current_loop = outer;
}

size_t progress_loop::round() {
  ++rounds_;
  auto began = now();
  time_left_ = options_.max_round_time;
  receive();
  auto events = run_tasks();
  if (poller_ != nullptr)
    events += poller_->progress();
  events += fire_timers();
  events += run_jobs();
  longest_round_ = std::max<caf::timespan>(longest_round_, now() - began);
  return events;
}

void progress_loop::receive() {
  if (!inbox_->take(new_jobs_, new_tasks_))
    return;
  ready_.insert(ready_.end(), new_jobs_.begin(), new_jobs_.end());
  new_jobs_.clear();
  for (auto& f : new_tasks_)
    tasks_.push_back(std::move(f));
  new_tasks_.clear();
}

template <class F>
size_t progress_loop::take_turns(size_t most, F next) {
  auto t = now();
  auto end = t + time_left_;
  size_t n = 0;
  while (n < most && next()) {
    ++n;
    t = now();
    if (t >= end)
      break;
  }
  time_left_ = std::max(caf::timespan::zero(), caf::timespan{end - t});
  return n;
}

size_t progress_loop::run_tasks() {
  if (tasks_.empty())
    return 0;
  // What a task posts is for the next round.
  auto most = std::min(options_.max_jobs_per_round, tasks_.size());
  return take_turns(most, [this] {
    auto f = std::move(tasks_.front());
    tasks_.pop_front();
    f();
    return true;
  });
}

size_t progress_loop::fire_timers() {
  if (timers_.empty())
    return 0;
  auto t = now();
  if (timers_.begin()->first.first > t)
    return 0;
  return take_turns(options_.max_timers_per_round, [this, t] {
    if (timers_.empty() || timers_.begin()->first.first > t)
      return false;
    auto node = timers_.extract(timers_.begin());
    node.mapped()();
    return true;
  });
}

size_t progress_loop::run_jobs() {
  if (ready_.empty())
    return 0;
  return take_turns(options_.max_jobs_per_round, [this] {
    if (ready_.empty())
      return false;
    auto job = ready_.front();
    ready_.pop_front();
    if (job->resume(this, options_.max_throughput)
        == caf::resumable::resume_later)
      ready_.push_back(job);
    else
      caf::intrusive_ptr_release(job);
    return true;
  });
}

// -- idling ------------------------------------------------------------------

bool progress_loop::keep_spinning() {
  if (options_.spin == caf::infinite)
    return true;
  if (options_.spin <= caf::timespan::zero())
    return false;
  auto idle_rounds = idle_rounds_++;
  if (idle_rounds % spin_stride != 0)
    return true;
  // Not `options_.clock`: a clock that stands still would keep us awake.
  auto t = std::chrono::steady_clock::now();
  if (idle_rounds == 0) {
    idle_since_ = t;
    return vain_spins_ < max_vain_spins;
  }
  if (t - idle_since_ < options_.spin)
    return true;
  ++vain_spins_;
  return false;
}

void progress_loop::sleep() {
  // Whoever adds work after `prepare_sleep` sees that we sleep and wakes us;
  // whatever the poller gets after `arm` makes its descriptor readable.
  idle_rounds_ = 0;
  if (poller_ != nullptr && !poller_->arm())
    return;
  if (!inbox_->prepare_sleep())
    return;
  sleeps_.fetch_add(1, std::memory_order_relaxed);
  epoll_event events[2];
  ::epoll_wait(epoll_fd_, events, 2, sleep_timeout());
  inbox_->finish_sleep();
  // Work that comes so soon is worth waiting for; falling asleep and waking up
  // takes about as long as a spin.
  if (std::chrono::steady_clock::now() - idle_since_ < 2 * options_.spin)
    vain_spins_ = 0;
}

int progress_loop::sleep_timeout() const {
  using std::chrono::milliseconds;
  if (timers_.empty())
    return -1;
  auto delay
    = std::chrono::ceil<milliseconds>(timers_.begin()->first.first - now());
  constexpr milliseconds::rep limit = std::numeric_limits<int>::max();
  return static_cast<int>(
    std::clamp<milliseconds::rep>(delay.count(), 0, limit));
}

// -- stopping ----------------------------------------------------------------

void progress_loop::kill(caf::actor_control_block* ptr) {
  caf::anon_send_exit(caf::strong_actor_ptr{ptr}, caf::exit_reason::kill);
}

void progress_loop::kill_hosted() {
  std::vector<caf::strong_actor_ptr> actors;
  {
    std::lock_guard guard{hosted_mutex_};
    stopping_ = true;
    actors.assign(hosted_.begin(), hosted_.end());
  }
  for (auto& ptr : actors)
    kill(ptr.get());
}

bool progress_loop::finish() {
  if (!ready_.empty() || !tasks_.empty() || hosted_actors() > 0)
    return false;
  // One by one: what a task has captured may still use the loop.
  while (!timers_.empty())
    timers_.extract(timers_.begin());
  return inbox_->close_if_empty();
}

} // namespace rdma
