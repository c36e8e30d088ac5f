// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "raw_listener.hpp"
#include "spin_wait.hpp"
#include "types.hpp"

#include <ucp/api/ucp.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace transfer_bench {

/// A UCX worker with one endpoint, used as plainly as its promises to a dying
/// peer allow: PEER error mode, an endpoint on both sides. Any error ends the
/// program.
class raw_worker {
public:
  // -- construction, destruction ---------------------------------------------

  /// `features` beyond active messages; chunks smaller than `eager_below` go
  /// eagerly, others by rendezvous.
  raw_worker(loop_mode mode, raw_listener& listener, uint64_t features,
             uint64_t eager_below);

  ~raw_worker();

  raw_worker(const raw_worker&) = delete;

  raw_worker& operator=(const raw_worker&) = delete;

  // -- connecting ------------------------------------------------------------

  ucp_context_h context() const noexcept {
    return context_;
  }

  /// Returns this worker's address as hexadecimal digits.
  std::string address() const;

  /// Names the peer. The endpoint is made when it is needed first.
  void set_peer(const std::string& address);

  ucp_ep_h endpoint();

  // -- posting ---------------------------------------------------------------

  /// Sends a chunk, or a message if there is no data.
  void send(const raw_message& x, std::span<std::byte> data = {});

  void put(const raw_message& x, std::span<std::byte> data, uint64_t to,
           ucp_rkey_h key);

  void get(const raw_message& x, std::span<std::byte> data, uint64_t from,
           ucp_rkey_h key);

  /// Tells the listener when everything before has arrived.
  void flush(uint32_t slot);

  // -- progress --------------------------------------------------------------

  /// Runs UCX once; may sleep if nothing happened for a while.
  void progress();

  bool idle() const noexcept {
    return idle_.size() == all_.size();
  }

private:
  struct request {
    raw_worker* self = nullptr;
    raw_message header;
    size_t size = 0;
    bool receives = false;
  };

  static ucs_status_t on_arrival(void* self, const void* header, size_t,
                                 void* data, size_t size,
                                 const ucp_am_recv_param_t* param);

  ucs_status_t receive(const raw_message& x, void* data, size_t size,
                       bool rendezvous);

  request& acquire(const raw_message& x, size_t size, bool receives);

  /// Returns parameters that end in `finish`.
  static ucp_request_param_t send_param(request& req);

  void wait(ucs_status_ptr_t result);

  void settle(ucs_status_ptr_t result, request& req);

  void finish(request& req, ucs_status_t status);

  void sleep();

  raw_listener& listener_;
  uint64_t eager_below_;
  spin_wait spin_;
  ucp_context_h context_ = nullptr;
  ucp_worker_h worker_ = nullptr;
  ucp_ep_h endpoint_ = nullptr;
  std::vector<unsigned char> peer_;
  std::deque<request> all_;
  std::vector<request*> idle_;
};

} // namespace transfer_bench
