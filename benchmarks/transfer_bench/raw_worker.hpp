// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include <ucp/api/ucp.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace transfer_bench {

/// What the raw control says with each active message.
struct raw_header {
  enum kind : uint32_t { data, ask, ack, bye };

  kind what = data;
  uint32_t slot = 0;
  /// Where the transfer begins in the memory of the side that hears this.
  uint64_t base = 0;
  /// Where this chunk begins in the transfer.
  uint64_t offset = 0;
  /// Bytes of the whole transfer.
  uint64_t total = 0;
};

/// Told by a `raw_worker`; called from within UCX's progress, must not post.
class raw_listener {
public:
  virtual ~raw_listener() = default;

  /// A message without data.
  virtual void on_message(const raw_header& x) = 0;

  /// Returns where a chunk has to go.
  virtual std::span<std::byte> target(const raw_header& x, size_t size) = 0;

  /// A chunk is in place.
  virtual void on_landed(const raw_header& x, size_t size) = 0;

  /// UCX has let go of a chunk that was sent.
  virtual void on_sent(const raw_header& x) = 0;
};

/// A UCX worker with one endpoint, used as plainly as its promises to a dying
/// peer allow: active messages, PEER error mode, an endpoint on both sides. Any
/// error ends the program.
class raw_worker {
public:
  raw_worker(loop_mode mode, raw_listener& listener);

  ~raw_worker();

  raw_worker(const raw_worker&) = delete;

  raw_worker& operator=(const raw_worker&) = delete;

  /// Returns this worker's address as hexadecimal digits.
  std::string address() const;

  void connect(const std::string& address);

  /// Sends a chunk, or a message if there is no data.
  void send(const raw_header& x, std::span<std::byte> data = {});

  /// Waits until all messages are with the operating system.
  void flush();

  /// Runs UCX once; may sleep if nothing happened for a while.
  void progress();

  bool idle() const noexcept {
    return idle_.size() == all_.size();
  }

private:
  struct request {
    raw_worker* self = nullptr;
    raw_header header;
    size_t size = 0;
    bool receives = false;
  };

  static ucs_status_t on_arrival(void* self, const void* header, size_t,
                                 void* data, size_t size,
                                 const ucp_am_recv_param_t* param);

  ucs_status_t receive(const raw_header& x, void* data, size_t size,
                       bool rendezvous);

  request& acquire(const raw_header& x, size_t size, bool receives);

  void wait(ucs_status_ptr_t result);

  void settle(ucs_status_ptr_t result, request& req);

  void finish(request& req, ucs_status_t status);

  void sleep();

  loop_mode mode_;
  raw_listener& listener_;
  ucp_context_h context_ = nullptr;
  ucp_worker_h worker_ = nullptr;
  ucp_ep_h endpoint_ = nullptr;
  size_t rendezvous_threshold_;
  std::deque<request> all_;
  std::vector<request*> idle_;
  size_t idle_rounds_ = 0;
  std::chrono::steady_clock::time_point idle_since_;
};

} // namespace transfer_bench
