// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/links/ucx_link.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rdma_test {

/// Options of a runtime that does not mind a raw peer's silence.
inline rdma::runtime_options patient_options(std::string worker_id) {
  auto x = test_options(std::move(worker_id));
  x.transport.heartbeat_limit = 2 * patience;
  return x;
}

/// A UCX worker without the library behind it, which sends whatever it likes to
/// one runtime.
class raw_peer {
public:
  explicit raw_peer(rdma::worker_info to) : to_(std::move(to)) {
    REQUIRE(worker_.receive(rdma::frame_message_id, on_message, this)
            == caf::none);
    connect_again();
    self_.address = rdma::test::must(worker_.address());
  }

  ~raw_peer() {
    endpoint_.close(pool_);
    // UCX aborts if a worker goes that still owes an answer to a connection.
    auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
    CHECK(eventually([this, end] {
      return pool_.busy() == 0 && std::chrono::steady_clock::now() > end;
    }));
  }

  // -- properties ------------------------------------------------------------

  /// The runtime's name for the link; 0 until it is up.
  uint64_t link() const noexcept {
    return link_;
  }

  /// What the runtime has said.
  const std::vector<rdma::frame>& frames() const noexcept {
    return frames_;
  }

  /// A hello that the runtime would accept.
  rdma::hello introduction() const {
    return {self_, own_link, 1, to_.incarnation};
  }

  // -- operations ------------------------------------------------------------

  /// Posts a message; `flags` choose eager or rendezvous.
  void send(std::span<const std::byte> header, uint32_t flags,
            std::vector<std::byte> data = {}) {
    auto& req = pool_.acquire(&observer_, {++sent_, 0, 0});
    auto room = req.header(header.size());
    std::copy(header.begin(), header.end(), room.begin());
    auto& bytes = sent_data_.emplace_back(std::move(data));
    req.post([&] {
      auto param = req.send_param();
      param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
      param.flags = flags;
      return ucp_am_send_nbx(endpoint_.get(), rdma::frame_message_id,
                             header.empty() ? nullptr : room.data(),
                             header.size(), bytes.data(), bytes.size(), &param);
    });
  }

  void send(const rdma::frame& x, uint32_t flags,
            std::vector<std::byte> data = {}) {
    send(rdma::to_bytes(x), flags, std::move(data));
  }

  void say_hello(const rdma::hello& x) {
    send(rdma::frame{0, 0, x}, UCP_AM_SEND_FLAG_EAGER);
  }

  /// Makes an endpoint, instead of the one that is there.
  void connect_again() {
    endpoint_.close(pool_);
    endpoint_ = rdma::test::must(
      rdma::ucx::endpoint::make(worker_, to_.address, on_error, this));
  }

  /// Brings a link up.
  void connect() {
    say_hello(introduction());
    REQUIRE(eventually([this] { return link_ != 0; }));
    send(rdma::frame{link_, 0, rdma::pairing{}},
         UCP_AM_SEND_FLAG_EAGER | UCP_AM_SEND_FLAG_REPLY);
    REQUIRE(eventually([this] { return paired_; }));
  }

  /// Waits until UCX has let go of all that was sent.
  [[nodiscard]] bool flush() {
    return eventually([this] { return observer_.ends.size() == sent_; });
  }

  /// Waits for the code of a frame of type `T`.
  template <class T>
  rdma::errc await_code() {
    const T* result = nullptr;
    REQUIRE(eventually([this, &result] {
      for (auto& x : frames_)
        if (auto* y = std::get_if<T>(&x.content))
          result = y;
      return result != nullptr;
    }));
    return result->code;
  }

  /// Drives the worker until `pred` holds, but not forever.
  template <class Predicate>
  bool eventually(Predicate pred) {
    return rdma::test::eventually([&] {
      worker_.progress();
      return pred();
    });
  }

  static constexpr uint64_t own_link = 4711;

private:
  static ucs_status_t on_message(void* arg, const void* header,
                                 size_t header_size, void*, size_t,
                                 const ucp_am_recv_param_t*) {
    auto& self = *static_cast<raw_peer*>(arg);
    auto* bytes = static_cast<const std::byte*>(header);
    auto x = rdma::decode_frame({bytes, header_size});
    if (!x)
      return UCS_OK;
    if (auto* ack = std::get_if<rdma::hello_ack>(&x->content))
      self.link_ = ack->self.link_id;
    if (std::holds_alternative<rdma::pairing>(x->content))
      self.paired_ = true;
    self.frames_.push_back(std::move(*x));
    return UCS_OK;
  }

  static void on_error(void*, ucp_ep_h, ucs_status_t) {
    // nop
  }

  rdma::worker_info to_;
  rdma::worker_info self_{"raw", rdma::make_random_id(), {}};
  rdma::ucx::context context_ = rdma::test::must(rdma::ucx::context::make(""));
  rdma::ucx::worker worker_
    = rdma::test::must(rdma::ucx::worker::make(context_));
  rdma::ucx::request_pool pool_;
  rdma::test::recording_observer observer_;
  rdma::ucx::endpoint endpoint_;
  std::deque<std::vector<std::byte>> sent_data_; // until UCX lets go
  uint64_t sent_ = 0;
  uint64_t link_ = 0;
  bool paired_ = false;
  std::vector<rdma::frame> frames_;
};

} // namespace rdma_test
