// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/memory/block_list.hpp"
#include "caf_rdma/transport/memory/memory_pool.hpp"
#include "caf_rdma/transport/memory/memory_space.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace rdma {

/// Bounded host memory through which bytes pass on their way from or to GPUs,
/// and the copies between the two. The outgoing and the incoming bytes of a
/// transport have one each, so that two sides never wait for each other's room.
class staging {
public:
  // -- types -----------------------------------------------------------------

  /// Called from `progress` once the device lets go of the memory; the error
  /// says that the bytes are worthless.
  using on_end = std::function<void(const caf::error&)>;

  // -- construction ----------------------------------------------------------

  /// `pool` pins its memory.
  staging(caf::telemetry::metric_registry& metrics, memory_space_ptr space,
          memory_pool_ptr pool, copy_direction to);

  // -- operations ------------------------------------------------------------

  /// True if `acquire` has something to return for that size: room or an error.
  bool has_room(size_t size);

  /// Returns room for `size` bytes of which `has_room` was just told.
  caf::expected<descriptor> acquire(size_t size);

  /// Copies between `host` and as many bytes at `offset` of `memory`.
  void copy(const block_list& memory, uint64_t offset, const descriptor& host,
            on_end f);

  /// Looks what has ended. Returns the number of copies.
  size_t progress();

  /// True while copies are under way.
  bool busy() const noexcept {
    return pending_ > 0;
  }

private:
  struct job {
    block_list memory;
    descriptor host;
    on_end done;
    device_work_ptr work; // null: the copy has ended at once
    caf::error reason;
  };

  static std::optional<caf::error> end_of(job& x);

  memory_space_ptr space_;
  memory_pool_ptr pool_;
  copy_direction to_;
  caf::telemetry::int_counter* staged_bytes_;
  std::optional<caf::expected<descriptor>> spare_;
  // By device: the copies of one end in order.
  std::map<uint32_t, std::deque<job>> jobs_;
  size_t pending_ = 0;
};

} // namespace rdma
