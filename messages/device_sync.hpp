// SPDX-License-Identifier: BSD-3-Clause

#pragma once

// CUDA's own types, so that a cudaStream_t and a cudaEvent_t need no cast.
struct CUstream_st;
struct CUevent_st;

namespace rdma {

/// How an operation takes its turn among the user's own work on a GPU, so that
/// nobody has to synchronize a device. The handles must stay valid until the
/// operation is final. Also for host memory that a GPU reads or writes.
struct device_sync {
  /// A cudaStream_t: touch no memory before all is done that was queued there
  /// when the operation began. None of the default streams, which depend on who
  /// asks: record an event there.
  CUstream_st* after_stream = nullptr;
  /// A cudaEvent_t that has been recorded: touch no memory before it.
  CUevent_st* after_event = nullptr;
  /// A cudaEvent_t, to be recorded when every byte is in this side's memory,
  /// before the operation says COMPLETE. If it cannot be, the report, which is
  /// COMPLETE all the same, has the `device_error` as its reason. Not for
  /// standing grants.
  CUevent_st* signal = nullptr;

  bool waits() const noexcept {
    return after_stream != nullptr || after_event != nullptr;
  }

  friend bool operator==(const device_sync&, const device_sync&) = default;
};

} // namespace rdma
