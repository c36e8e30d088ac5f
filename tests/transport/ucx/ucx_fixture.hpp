// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"
#include "caf_rdma/transport/ucx/context.hpp"
#include "caf_rdma/transport/ucx/endpoint.hpp"
#include "caf_rdma/transport/ucx/worker.hpp"

#include <ucp/api/ucp.h>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace rdma::test {

/// Unwraps what must have worked.
template <class T>
T must(caf::expected<T> x) {
  if (!x)
    FAIL(to_string(x.error()));
  return std::move(*x);
}

/// Writes down which requests have ended, and how.
struct recording_observer : ucx::request_observer {
  struct end {
    ucx::request_tag tag;
    size_t length;
    ucs_status_t status;
  };

  void request_done(const ucx::request_tag& tag, size_t length,
                    ucs_status_t status) override {
    ends.push_back({tag, length, status});
  }

  std::vector<end> ends;
};

/// A UCX worker that counts what arrives. Holds rendezvous messages.
struct ucx_side {
  ucx_side() {
    auto err = worker.receive(1, on_message, this);
    REQUIRE(err == caf::none);
  }

  static ucs_status_t on_message(void* arg, const void*, size_t, void* data,
                                 size_t size, const ucp_am_recv_param_t* x) {
    auto& self = *static_cast<ucx_side*>(arg);
    ++self.messages;
    self.size = size;
    if ((x->recv_attr & UCP_AM_RECV_ATTR_FIELD_REPLY_EP) != 0)
      self.reply = x->reply_ep;
    if ((x->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) == 0)
      return UCS_OK;
    self.held = data;
    return UCS_INPROGRESS;
  }

  static void on_error(void* arg, ucp_ep_h, ucs_status_t) {
    ++static_cast<ucx_side*>(arg)->failures;
  }

  ucx::endpoint connect(ucx_side& to) {
    return must(
      ucx::endpoint::make(worker, must(to.worker.address()), on_error, this));
  }

  ucx::context context = must(ucx::context::make(""));
  ucx::worker worker = must(ucx::worker::make(context));
  ucx::request_pool pool;
  recording_observer observer;
  int messages = 0;
  int failures = 0;
  size_t size = 0;
  void* held = nullptr;
  ucp_ep_h reply = nullptr;
};

/// Drives both sides until `pred` holds, but not forever.
template <class Predicate>
bool drive(ucx_side& x, ucx_side& y, Predicate pred) {
  return eventually([&] {
    x.worker.progress();
    y.worker.progress();
    return pred();
  });
}

/// Posts a message on `ep`; `flags` choose eager or rendezvous.
inline void send(ucx_side& from, const ucx::endpoint& ep, uint64_t tag,
                 std::vector<std::byte>& data, uint32_t flags) {
  auto& req = from.pool.acquire(&from.observer, {tag, 0, 0});
  auto header = req.header(8);
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = flags;
    return ucp_am_send_nbx(ep.get(), 1, header.data(), 8, data.data(),
                           data.size(), &param);
  });
}

} // namespace rdma::test
