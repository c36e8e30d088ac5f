// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/buffer_pool.hpp"

#include <ucp/api/ucp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace rdma::ucx {

class request_pool;

/// Says which request of an observer has ended.
using request_tag = std::array<uint64_t, 3>;

/// Told when UCX has let go of a request. Called from within UCX's progress or
/// from within the post: it must not post.
class request_observer {
public:
  virtual ~request_observer() = default;

  /// `length` is what UCX says to have received; 0 for anything but a receive.
  virtual void
  request_done(const request_tag& tag, size_t length, ucs_status_t status)
    = 0;
};

/// One posted UCX operation, with everything that must live until UCX lets go:
/// UCX 1.13 keeps a pointer to an active message's header, and to the list of
/// blocks.
class request {
public:
  friend class request_pool;

  /// Room for the header of an offer.
  static constexpr size_t small_header_size = 256;

  /// Reports to `observer`, and keeps it, instead of what was named before.
  template <class Observer>
  void report_to(std::shared_ptr<Observer> observer) {
    observer_ = observer.get();
    keeper_ = std::move(observer);
  }

  /// Returns room for a header, aligned to 8 bytes.
  std::span<std::byte> header(size_t size);

  /// Returns the list of blocks, empty.
  std::vector<ucp_dt_iov_t>& blocks() noexcept {
    return blocks_;
  }

  /// Returns room for a copy of what is sent, with any content.
  std::span<std::byte> staging(size_t size);

  /// Keeps what is sent, instead of room of its own.
  void keep(buffer header, buffer data) noexcept {
    header_ = std::move(header);
    staging_ = std::move(data);
  }

  /// Parameters that report the end of a send or a close to this request.
  ucp_request_param_t send_param() noexcept;

  /// Parameters that report the end of an active message's receive.
  ucp_request_param_t receive_param() noexcept;

  /// Calls `f`, which posts with the parameters from above and returns what UCX
  /// returned. All three exits (done, pending, error) end in the observer. So
  /// does UCX's fourth: on a closed endpoint it completes a receive *inside*
  /// the call and returns a pointer all the same.
  template <class F>
  void post(F f) {
    posting_ = true;
    settle(f());
  }

private:
  static void on_send(void* req, ucs_status_t status, void* self);

  static void on_receive(void* req, ucs_status_t status, size_t length,
                         void* self);

  void settle(ucs_status_ptr_t result);

  void on_done(void* req, size_t length, ucs_status_t status);

  void finish(size_t length, ucs_status_t status);

  request_pool* pool_ = nullptr;
  request_observer* observer_ = nullptr;
  request_tag tag_{};
  size_t length_ = 0;
  ucs_status_t status_ = UCS_OK;
  bool posting_ = false;
  bool done_ = false;
  alignas(8) std::array<std::byte, small_header_size> small_header_;
  buffer header_; // one that is not small
  std::vector<ucp_dt_iov_t> blocks_;
  buffer staging_;
  std::shared_ptr<void> keeper_;
  std::list<request>::iterator place_; // in the pool
};

/// Reuses requests, and what they have sent from. Must not die before the last
/// one has ended.
class request_pool {
public:
  friend class request;

  /// Requests to keep for later.
  static constexpr size_t max_idle = 1024;

  /// Blocks of a list whose memory is kept for later.
  static constexpr size_t max_kept_blocks = 256;

  /// Returns an idle request. A null observer is told nothing. `keeper` is kept
  /// until the request has ended.
  request& acquire(request_observer* observer, const request_tag& tag,
                   std::shared_ptr<void> keeper = nullptr);

  /// Number of requests that UCX holds.
  size_t busy() const noexcept {
    return all_.size() - idle_.size();
  }

  /// Number of requests that are kept for later.
  size_t idle() const noexcept {
    return idle_.size();
  }

  buffer_pool& buffers() noexcept {
    return buffers_;
  }

private:
  void recycle(request& x);

  std::list<request> all_;
  std::vector<request*> idle_;
  buffer_pool buffers_;
};

} // namespace rdma::ucx
