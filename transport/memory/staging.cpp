// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/staging.hpp"

#include "caf_rdma/messages/error.hpp"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace rdma {

namespace {

void copy_in_host(copy_direction to, std::span<std::byte> memory,
                  std::byte* host) {
  if (to == copy_direction::to_host)
    std::memcpy(host, memory.data(), memory.size());
  else
    std::memcpy(memory.data(), host, memory.size());
}

std::string direction_of(copy_direction to) {
  return to == copy_direction::to_host ? "out" : "in";
}

} // namespace

staging::staging(caf::telemetry::metric_registry& metrics,
                 memory_space_ptr space, memory_pool_ptr pool,
                 copy_direction to)
  : space_(std::move(space)),
    pool_(std::move(pool)),
    to_(to),
    staged_bytes_(metrics
                    .counter_family("rdma.gpu", "staged", {"direction"},
                                    "Bytes of GPUs that have passed through "
                                    "host memory.",
                                    "bytes", true)
                    ->get_or_add({{"direction", direction_of(to)}})) {
  // nop
}

bool staging::has_room(size_t size) {
  if (spare_ && (!*spare_ || (*spare_)->size() == size))
    return true;
  spare_.reset();
  auto found = pool_->allocate(size);
  // What does not fit into an empty pool never will.
  if (!found && code_of(found.error()) == errc::limit_reached && !pool_->idle())
    return false;
  spare_.emplace(std::move(found));
  return true;
}

caf::expected<descriptor> staging::acquire(size_t size) {
  if (!has_room(size))
    return make_error(errc::limit_reached, "there is no room for a chunk");
  auto result = std::move(*spare_);
  spare_.reset();
  return result;
}

void staging::copy(const block_list& memory, uint64_t offset,
                   const descriptor& host, on_end f) {
  std::vector<copy_part> parts;
  auto* on_host = host.data();
  memory.for_each_placed(
    offset, host.size(), [&](std::span<std::byte> x, device where) {
      if (where == cpu)
        copy_in_host(to_, x, on_host);
      else
        parts.push_back({where, x.data(), on_host, x.size()});
      on_host += x.size();
    });
  job result{memory, host, std::move(f), nullptr, {}};
  if (!parts.empty()) {
    if (auto work = space_->copy(to_, parts))
      result.work = std::move(*work);
    else
      result.reason = std::move(work.error());
  }
  auto id = parts.empty() ? 0 : parts.front().where.id;
  jobs_[id].push_back(std::move(result));
  ++pending_;
}

std::optional<caf::error> staging::end_of(job& x) {
  if (x.work == nullptr)
    return x.reason;
  auto ended = x.work->ended();
  if (!ended)
    return std::move(ended.error());
  if (!*ended)
    return std::nullopt;
  return caf::error{};
}

size_t staging::progress() {
  size_t result = 0;
  for (auto& [id, jobs] : jobs_) {
    while (!jobs.empty()) {
      auto reason = end_of(jobs.front());
      if (!reason)
        break;
      auto x = std::move(jobs.front());
      jobs.pop_front();
      --pending_;
      ++result;
      if (*reason == caf::none)
        staged_bytes_->inc(static_cast<int64_t>(x.host.size()));
      x.done(*reason);
    }
  }
  return result;
}

} // namespace rdma
