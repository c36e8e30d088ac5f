// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/device_sync.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rdma {

/// Something that a device has been asked for. May be destroyed before its end;
/// a copy goes on all the same.
class device_work {
public:
  virtual ~device_work() = default;

  /// Returns true once the device is through. An error (`device_error`) is an
  /// end, too: nothing touches the memory any more.
  virtual caf::expected<bool> ended() = 0;
};

using device_work_ptr = std::unique_ptr<device_work>;

enum class copy_direction { to_host, to_device };

/// A piece of memory that is to be copied.
struct copy_part {
  device where;
  std::byte* on_device;
  std::byte* on_host;
  size_t size;
};

/// The memory of the GPUs. All that is ever asked of their driver is asked
/// here. `locate` may be called from any thread; everything else from the
/// loop's only, if not said otherwise. Errors are `device_error`, with the
/// driver's own text, if not said otherwise.
class memory_space {
public:
  virtual ~memory_space() = default;

  // -- properties ------------------------------------------------------------

  /// Number of GPUs; they are named 0, 1, and so on.
  virtual uint32_t devices() const = 0;

  /// Says what there is, or why there is nothing; for people.
  virtual std::string description() const = 0;

  /// True if what the CPU can touch needs no look at `locate`.
  bool empty() const {
    return devices() == 0;
  }

  // -- operations ------------------------------------------------------------

  /// Returns where memory is: the CPU unless a GPU's driver says otherwise.
  virtual caf::expected<device> locate(const void* data, size_t size) = 0;

  /// Makes host memory fit for fast copies. May be called from any thread.
  virtual caf::error pin(std::span<std::byte> memory) = 0;

  /// May be called from any thread.
  virtual void unpin(std::span<std::byte> memory) = 0;

  /// Starts to copy. The host's memory must be pinned.
  virtual caf::expected<device_work_ptr>
  copy(copy_direction to, std::span<const copy_part> parts) = 0;

  /// Waits for what the user has asked to wait for.
  virtual caf::expected<device_work_ptr> await(const device_sync& x) = 0;

  /// Records the user's event.
  virtual caf::error signal(CUevent_st* event) = 0;
};

using memory_space_ptr = std::shared_ptr<memory_space>;

/// How a runtime reaches GPUs.
struct gpu_access {
  memory_space_ptr space;
  /// UCX moves their bytes itself, where it can.
  bool direct = false;
};

/// A space without any GPU. `why` says so to people.
memory_space_ptr make_host_space(std::string why);

/// Says where each descriptor's memory is, or checks what it says. Errors:
/// `unsupported_device` if there is no such device, `wrong_device` if the
/// memory is elsewhere, `device_error`.
caf::error place(memory_space& space, descriptor_list& xs);

} // namespace rdma
