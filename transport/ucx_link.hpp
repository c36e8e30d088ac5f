// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/link.hpp"
#include "caf_rdma/transport/options.hpp"
#include "caf_rdma/transport/progress_loop.hpp"
#include "caf_rdma/transport/ucx/endpoint.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"
#include "caf_rdma/transport/ucx/traffic.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rdma {

/// ID of the only active-message handler.
inline constexpr unsigned frame_message_id = 1;

/// A link to a worker in another process, over one UCX endpoint of our own. It
/// is up once the peer has told its link ID over the endpoint that UCX has
/// paired with ours.
class ucx_link : public link {
public:
  // -- types -----------------------------------------------------------------

  using time_point = progress_loop::time_point;

  /// Somebody who has asked for this link.
  struct client {
    caf::typed_response_promise<link_info> promise; // until the link is up
    link_watcher watcher;
  };

  // -- construction, destruction ---------------------------------------------

  ucx_link(link_id id, worker_info peer, const transport_options& options,
           ucx::request_pool& pool);

  // -- state that the link table keeps ---------------------------------------

  ucx::endpoint endpoint;
  /// The peer's name for this link; 0 until the link is up.
  link_id remote_id = 0;
  /// Our count of ucp_ep_create calls for this peer, this link's included.
  uint32_t endpoint_count = 0;
  /// Connection attempts that have failed.
  uint32_t attempts = 0;
  time_point started;
  time_point last_heard;
  std::vector<client> clients;
  /// Chunks that UCX holds: of the users' memory, and of our own copies.
  std::shared_ptr<ucx::traffic> borrowed = std::make_shared<ucx::traffic>();
  std::shared_ptr<ucx::traffic> copied = std::make_shared<ucx::traffic>();

  // -- properties ------------------------------------------------------------

  bool up() const noexcept {
    return remote_id != 0;
  }

  const worker_info& peer_info() const noexcept {
    return peer_;
  }

  // -- operations ------------------------------------------------------------

  /// Sends a frame that opens or refuses a link, with our endpoint for replies.
  void send_hello(const frame& x);

  // -- overrides of link -----------------------------------------------------

  link_id id() const noexcept override {
    return id_;
  }

  std::string lane() const override {
    return "ucx";
  }

  const std::string& peer() const noexcept override {
    return peer_.id;
  }

  uint64_t max_chunk_size() const noexcept override {
    return uint64_t{64} << 20;
  }

  void send(frame x) override;

  bool post(const chunk& x, ucx::request_observer& borrowed,
            ucx::request_observer& copied) override;

private:
  bool goes_eagerly(const chunk& x) const;

  void post_borrowed(const chunk& x, ucx::request& req);

  void post_copy(const chunk& x, ucx::request& req);

  void post(const chunk& x, ucx::request& req, std::span<std::byte> data,
            uint32_t flags);

  void send_frame(const frame& x, uint32_t flags);

  link_id id_;
  worker_info peer_;
  const transport_options& options_;
  ucx::request_pool& pool_;
};

} // namespace rdma
