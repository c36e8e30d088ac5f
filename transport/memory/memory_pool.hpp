// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/options/transport_options.hpp"

#include <caf/expected.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace rdma {

/// Memory for transfers that is mapped and registered once, and then given out
/// again and again: page-aligned, and in huge pages where the kernel has some.
/// Lives for as long as anybody has memory of it. Thread-safe.
///
/// Up to 1 MiB is rounded up to a power of two and cut out of slabs of 2 MiB,
/// which are kept until another size needs the room and no part of them is in
/// use. More is rounded up to a multiple of 2 MiB and has a slab of its own,
/// which is kept likewise.
class memory_pool : public std::enable_shared_from_this<memory_pool> {
public:
  // -- types and constants ---------------------------------------------------

  /// Tells those who want to know of memory before it is used. May block; is
  /// called on the thread that allocates.
  struct registrar {
    std::function<caf::error(std::span<std::byte>)> add;
    std::function<void(std::span<std::byte>)> remove;
    /// If not empty: called on any thread just before memory is unmapped, even
    /// after `retire`.
    std::function<void(std::span<std::byte>)> unmap = {};
  };

  /// Alignment of all memory, in bytes.
  static constexpr size_t page_size = 4096;

  /// Least size of a slab, in bytes: a huge page of x86-64 and AArch64.
  static constexpr size_t slab_size = memory_slab_size;

  // -- construction, destruction ---------------------------------------------

  /// `option` names what sets the limit.
  static std::shared_ptr<memory_pool>
  make(caf::telemetry::metric_registry& to, registrar who, size_t max_bytes,
       std::string option = "rdma.max-pool-bytes");

  memory_pool(const memory_pool&) = delete;

  memory_pool& operator=(const memory_pool&) = delete;

  ~memory_pool();

  // -- properties ------------------------------------------------------------

  /// True if nobody has memory of the pool.
  bool idle() const;

  // -- operations ------------------------------------------------------------

  /// Returns `size` bytes of any content, which go back to the pool when the
  /// last copy of the descriptor is gone. Fails with `empty_descriptor`, with
  /// `limit_reached` if the pool or the machine is full, or with what the
  /// registrar says.
  caf::expected<descriptor> allocate(size_t size);

  /// Nothing more can be allocated (`shutting_down`), nothing is counted, and
  /// the registrar is not called any more: all of that may go before the memory
  /// does.
  void retire();

private:
  using block = std::span<std::byte>;

  // 4 KiB to 1 MiB.
  static constexpr size_t small_classes = 9;

  static constexpr size_t max_small = page_size << (small_classes - 1);

  memory_pool(caf::telemetry::metric_registry& to, registrar who,
              size_t max_bytes, std::string option);

  /// Returns idle memory of that size, or none.
  block take_idle(size_t size);

  /// Returns an error if there is no room for a slab; otherwise takes out idle
  /// slabs that have to go for it.
  caf::expected<std::vector<block>> make_room(size_t size);

  /// Makes slabs whose parts are all idle available to other sizes.
  void rejoin_small();

  void unmap(block x);

  /// Maps and registers a slab for which there is room.
  caf::expected<block> make_slab(size_t size);

  /// Adds idle memory.
  void keep(block x);

  descriptor give_out(block x, size_t size);

  void put_back(block x);

  registrar registrar_;
  size_t max_bytes_;
  std::string option_;
  caf::telemetry::int_gauge* mapped_metric_;
  caf::telemetry::int_gauge* used_metric_;
  caf::telemetry::int_counter* registrations_;
  mutable std::mutex mutex_;
  bool retired_ = false;
  size_t mapped_ = 0;
  size_t used_ = 0;
  std::map<std::byte*, size_t> slabs_;                       // all
  std::array<std::vector<std::byte*>, small_classes> small_; // idle
  std::multimap<size_t, std::byte*> large_;                  // idle
};

using memory_pool_ptr = std::shared_ptr<memory_pool>;

} // namespace rdma
