// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/memory_pool.hpp"

#include "caf_rdma/messages/error.hpp"

#include <linux/mman.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace rdma {

namespace {

constexpr auto page_size = memory_pool::page_size;
constexpr auto slab_size = memory_pool::slab_size;

/// Returns memory that is aligned to a huge page, nullptr if there is none.
std::byte* map_aligned(size_t size) {
  auto map = [](void* where, size_t n, int flags) -> std::byte* {
    auto* result = ::mmap(where, n, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return result != MAP_FAILED ? static_cast<std::byte*>(result) : nullptr;
  };
  // Pages that the administrator has set aside.
  if (auto* result = map(nullptr, size, MAP_HUGETLB | MAP_HUGE_2MB))
    return result;
  auto* all = map(nullptr, size + slab_size, 0);
  if (all == nullptr)
    return nullptr;
  auto ahead = (slab_size - reinterpret_cast<uintptr_t>(all) % slab_size)
               % slab_size;
  auto* result = all + ahead;
  if (ahead > 0)
    ::munmap(all, ahead);
  ::munmap(result + size, slab_size - ahead);
  ::madvise(result, size, MADV_HUGEPAGE); // a wish
  return result;
}

size_t small_class(size_t size) {
  return static_cast<size_t>(std::countr_zero(size / page_size));
}

} // namespace

// -- construction, destruction -----------------------------------------------

std::shared_ptr<memory_pool>
memory_pool::make(caf::telemetry::metric_registry& to, registrar who,
                  size_t max_bytes, std::string option) {
  return std::shared_ptr<memory_pool>{
    new memory_pool{to, std::move(who), max_bytes, std::move(option)}};
}

memory_pool::memory_pool(caf::telemetry::metric_registry& to, registrar who,
                         size_t max_bytes, std::string option)
  : registrar_(std::move(who)),
    max_bytes_(max_bytes),
    option_(std::move(option)),
    mapped_metric_(to.gauge_singleton("rdma.memory", "mapped",
                                      "Bytes of memory pools.", "bytes")),
    used_metric_(to.gauge_singleton(
      "rdma.memory", "used", "Bytes given out by memory pools.", "bytes")),
    registrations_(to.counter_singleton("rdma.memory", "registrations",
                                        "Slabs registered by memory pools.",
                                        "1", true)) {
  // nop
}

// Nobody has memory of ours, and the registrar has forgotten it.
memory_pool::~memory_pool() {
  retire();
  for (auto [data, size] : slabs_)
    unmap({data, size});
}

// -- properties --------------------------------------------------------------

bool memory_pool::idle() const {
  std::lock_guard guard{mutex_};
  return used_ == 0;
}

// -- operations --------------------------------------------------------------

caf::expected<descriptor> memory_pool::allocate(size_t size) {
  if (size == 0)
    return make_error(errc::empty_descriptor, "0 bytes were asked for");
  if (size > max_bytes_)
    return make_error(errc::limit_reached,
                      std::to_string(size) + " B are more than "
                        + std::to_string(max_bytes_) + " B (" + option_ + ')');
  auto small = size <= max_small;
  auto rounded = small ? std::max(page_size, std::bit_ceil(size))
                       : (size + slab_size - 1) / slab_size * slab_size;
  if (auto idle = take_idle(rounded); !idle.empty())
    return give_out(idle, size);
  auto slab = make_slab(small ? slab_size : rounded);
  if (!slab)
    return std::move(slab.error());
  for (auto rest = slab->subspan(rounded); !rest.empty();
       rest = rest.subspan(rounded))
    keep(rest.first(rounded));
  return give_out(slab->first(rounded), size);
}

void memory_pool::retire() {
  std::lock_guard guard{mutex_};
  if (std::exchange(retired_, true))
    return;
  mapped_metric_->dec(static_cast<int64_t>(mapped_));
  used_metric_->dec(static_cast<int64_t>(used_));
}

memory_pool::block memory_pool::take_idle(size_t size) {
  std::lock_guard guard{mutex_};
  if (retired_)
    return {};
  if (size <= max_small) {
    auto& xs = small_[small_class(size)];
    if (xs.empty())
      return {};
    block result{xs.back(), size};
    xs.pop_back();
    return result;
  }
  auto i = large_.find(size);
  if (i == large_.end())
    return {};
  block result{i->second, size};
  large_.erase(i);
  return result;
}

caf::expected<std::vector<memory_pool::block>>
memory_pool::make_room(size_t size) {
  std::lock_guard guard{mutex_};
  if (retired_)
    return make_error(errc::shutting_down, "the runtime has gone");
  if (mapped_ + size > max_bytes_)
    rejoin_small();
  size_t idle = 0;
  for (auto [n, data] : large_)
    idle += n;
  if (mapped_ - idle + size > max_bytes_)
    return make_error(errc::limit_reached,
                      "the pool is full: " + std::to_string(max_bytes_) + " B ("
                        + option_ + ')');
  std::vector<block> result;
  while (mapped_ + size > max_bytes_) {
    auto largest = std::prev(large_.end());
    result.emplace_back(largest->second, largest->first);
    mapped_ -= largest->first;
    mapped_metric_->dec(static_cast<int64_t>(largest->first));
    slabs_.erase(largest->second);
    large_.erase(largest);
  }
  mapped_ += size;
  mapped_metric_->inc(static_cast<int64_t>(size));
  return result;
}

void memory_pool::rejoin_small() {
  for (size_t i = 0; i < small_.size(); ++i) {
    auto& parts = small_[i];
    auto slab_of = [this](std::byte* part) {
      return std::prev(slabs_.upper_bound(part))->first;
    };
    std::map<std::byte*, size_t> idle;
    for (auto* part : parts)
      idle[slab_of(part)] += page_size << i;
    std::erase_if(idle, [](auto& x) { return x.second != slab_size; });
    std::erase_if(parts,
                  [&](auto* part) { return idle.contains(slab_of(part)); });
    for (auto& [slab, size] : idle)
      large_.emplace(size, slab);
  }
}

void memory_pool::unmap(block x) {
  if (registrar_.unmap)
    registrar_.unmap(x);
  ::munmap(x.data(), x.size());
}

// No lock is held while the registrar works: it may wait for a thread that is
// about to give memory back.
caf::expected<memory_pool::block> memory_pool::make_slab(size_t size) {
  auto gone = make_room(size);
  if (!gone)
    return std::move(gone.error());
  for (auto x : *gone) {
    registrar_.remove(x);
    unmap(x);
  }
  auto fail = [this, size](caf::error reason) {
    std::lock_guard guard{mutex_};
    mapped_ -= size;
    mapped_metric_->dec(static_cast<int64_t>(size));
    return reason;
  };
  auto* data = map_aligned(size);
  if (data == nullptr)
    return fail(make_error(errc::limit_reached,
                           "no memory: " + std::string{std::strerror(errno)}));
  block result{data, size};
  if (auto err = registrar_.add(result); err != caf::none) {
    ::munmap(data, size);
    return fail(std::move(err));
  }
  registrations_->inc();
  std::lock_guard guard{mutex_};
  slabs_.emplace(data, size);
  return result;
}

void memory_pool::keep(block x) {
  std::lock_guard guard{mutex_};
  if (x.size() <= max_small)
    small_[small_class(x.size())].push_back(x.data());
  else
    large_.emplace(x.size(), x.data());
}

descriptor memory_pool::give_out(block x, size_t size) {
  {
    std::lock_guard guard{mutex_};
    used_ += x.size();
    if (!retired_)
      used_metric_->inc(static_cast<int64_t>(x.size()));
  }
  auto back = [self = shared_from_this(), x](const void*) {
    self->put_back(x);
  };
  return {x.data(), size, cpu,
          std::shared_ptr<const void>{x.data(), std::move(back)}};
}

void memory_pool::put_back(block x) {
  keep(x);
  std::lock_guard guard{mutex_};
  used_ -= x.size();
  if (!retired_)
    used_metric_->dec(static_cast<int64_t>(x.size()));
}

} // namespace rdma
