// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fenced/fenced_space.hpp"

#include "caf_rdma/messages/error.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace rdma::test {

namespace {

using clock = std::chrono::steady_clock;

std::byte* map(int fd, size_t size, int protection) {
  auto* result = ::mmap(nullptr, std::max<size_t>(size, 1), protection,
                        MAP_SHARED, fd, 0);
  if (result == MAP_FAILED)
    std::abort();
  return static_cast<std::byte*>(result);
}

} // namespace

// -- memory ------------------------------------------------------------------

fenced_memory::fenced_memory(device where, size_t size)
  : where_(where), size_(size) {
  auto fd = ::memfd_create("rdma.fenced", MFD_CLOEXEC);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(size)) != 0)
    std::abort();
  fence_ = map(fd, size, PROT_NONE);
  view_ = map(fd, size, PROT_READ | PROT_WRITE);
  ::close(fd);
}

fenced_memory::~fenced_memory() {
  for (auto* x : {fence_, view_})
    ::munmap(x, std::max<size_t>(size_, 1));
}

fenced_memory_ptr fenced_space::allocate(device where, size_t size) {
  auto result = std::make_shared<fenced_memory>(where, size);
  std::lock_guard guard{mutex_};
  std::erase_if(memory_, [](auto& x) { return x.second.expired(); });
  memory_[result->address()] = result;
  return result;
}

std::byte* fenced_space::reach(device where, std::byte* address, size_t size) {
  std::lock_guard guard{mutex_};
  auto i = memory_.upper_bound(address);
  if (i == memory_.begin())
    return nullptr;
  auto found = std::prev(i)->second.lock();
  if (!found || found->where() != where)
    return nullptr;
  auto offset = static_cast<size_t>(address - found->address());
  if (offset > found->size() || size > found->size() - offset)
    return nullptr;
  return found->view().data() + offset;
}

caf::expected<device> fenced_space::locate(const void* data, size_t size) {
  auto* address = static_cast<std::byte*>(const_cast<void*>(data));
  for (uint32_t id = 0; id < device_count; ++id)
    if (reach(cuda(id), address, size) != nullptr)
      return cuda(id);
  return cpu;
}

caf::error fenced_space::pin(std::span<std::byte> memory) {
  std::lock_guard guard{mutex_};
  pinned_[memory.data()] = memory.size();
  return {};
}

void fenced_space::unpin(std::span<std::byte> memory) {
  std::lock_guard guard{mutex_};
  pinned_.erase(memory.data());
}

bool fenced_space::pinned(const std::byte* address, size_t size) {
  std::lock_guard guard{mutex_};
  auto i = pinned_.upper_bound(address);
  if (i == pinned_.begin())
    return false;
  --i;
  return address + size <= i->first + i->second;
}

// -- copies ------------------------------------------------------------------

class fenced_space::fenced_copy : public device_work {
public:
  fenced_copy(fenced_space& home, copy_direction to,
              std::span<const copy_part> parts, bool fails)
    : home_(home),
      to_(to),
      parts_(parts.begin(), parts.end()),
      fails_(fails),
      due_(clock::now() + home.delay_.load()) {
    ++home_.under_way_;
  }

  ~fenced_copy() override {
    if (!ended_)
      --home_.under_way_;
  }

  caf::expected<bool> ended() override {
    if (home_.held_ || clock::now() < due_ || !std::exchange(seen_, true))
      return false;
    if (!std::exchange(ended_, true))
      --home_.under_way_;
    if (fails_)
      return make_error(errc::device_error,
                        "an illegal memory access was encountered");
    for (auto& x : parts_)
      if (auto err = home_.perform(to_, x); err != caf::none)
        return err;
    return true;
  }

private:
  fenced_space& home_;
  copy_direction to_;
  std::vector<copy_part> parts_;
  bool fails_;
  clock::time_point due_;
  bool seen_ = false;
  bool ended_ = false;
};

caf::error fenced_space::perform(copy_direction to, const copy_part& x) {
  auto* view = reach(x.where, x.on_device, x.size);
  if (view == nullptr)
    return make_error(errc::device_error, "a copy outside of GPU memory");
  if (!pinned(x.on_host, x.size))
    return make_error(errc::device_error,
                      "a copy of memory that is not pinned");
  if (to == copy_direction::to_host)
    std::memcpy(x.on_host, view, x.size);
  else
    std::memcpy(view, x.on_host, x.size);
  return {};
}

caf::expected<device_work_ptr>
fenced_space::copy(copy_direction to, std::span<const copy_part> parts) {
  ++copies_;
  bool fails = false;
  {
    std::lock_guard guard{mutex_};
    fails = failing_in_ && (*failing_in_)-- <= 0;
  }
  return device_work_ptr{
    std::make_unique<fenced_copy>(*this, to, parts, fails)};
}

// -- events ------------------------------------------------------------------

namespace {

class fenced_wait : public device_work {
public:
  explicit fenced_wait(const device_sync& x) : sync_(x) {
    // nop
  }

  caf::expected<bool> ended() override {
    return done(sync_.after_event) && done(sync_.after_stream);
  }

private:
  static bool done(void* x) {
    return x == nullptr || static_cast<fenced_event*>(x)->done;
  }

  device_sync sync_;
};

} // namespace

caf::expected<device_work_ptr> fenced_space::await(const device_sync& x) {
  return device_work_ptr{std::make_unique<fenced_wait>(x)};
}

caf::error fenced_space::signal(CUevent_st* event) {
  std::lock_guard guard{mutex_};
  if (failing_in_)
    return make_error(errc::device_error, "an event of no GPU");
  reinterpret_cast<fenced_event*>(event)->done = true;
  return {};
}

} // namespace rdma::test
