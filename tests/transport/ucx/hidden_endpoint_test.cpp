// SPDX-License-Identifier: BSD-3-Clause

// Why `link_table` counts endpoints, shown with UCX alone. See
// process/pairing_test.cpp for the proof that the library is not affected.

#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"

#include <algorithm>
#include <chrono>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr size_t size = size_t{8} << 20;

constexpr std::byte poison{0xEE};

/// Drives UCX until `pred` holds or some time has passed.
template <class Step, class Predicate>
bool soon(Step step, Predicate pred) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  while (!pred()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    step();
  }
  return true;
}

struct outcome {
  bool own_endpoint = false;
  bool ended_by_close = false;
  bool written_late = false;
};

void close(ucx_side& x, ucx::endpoint& ep) {
  ep.close(x.pool);
  soon([&] { x.worker.progress(); }, [&] { return x.pool.busy() == 0; });
}

/// The sender stops, from the receiver's view, once its offer has arrived. The
/// receiver fetches, closes its endpoint by force and takes its memory back.
/// Then the sender goes on.
outcome stop_and_resume(bool unmatched_attempt) {
  outcome result;
  std::vector<std::byte> data(size, std::byte{1});
  std::vector<std::byte> target(size);
  ucx_side sender;
  ucx_side receiver;
  auto both = [&] {
    sender.worker.progress();
    receiver.worker.progress();
  };
  if (unmatched_attempt) {
    std::vector<std::byte> word(8);
    auto ep = sender.connect(receiver);
    send(sender, ep, 1, word, UCP_AM_SEND_FLAG_EAGER);
    soon([&] { sender.worker.progress(); },
         [n = 0]() mutable { return ++n == 1000; });
    close(sender, ep);
  }
  auto there = sender.connect(receiver);
  auto back = receiver.connect(sender);
  send(sender, there, 2, data, UCP_AM_SEND_FLAG_RNDV | UCP_AM_SEND_FLAG_REPLY);
  REQUIRE(soon(both, [&] { return receiver.held != nullptr; }));
  result.own_endpoint = receiver.reply == back.get();
  auto& req = receiver.pool.acquire(&receiver.observer, {3, 0, 0});
  req.post([&] {
    auto param = req.receive_param();
    return ucp_am_recv_data_nbx(receiver.worker.get(), receiver.held,
                                target.data(), size, &param);
  });
  back.close(receiver.pool);
  result.ended_by_close = soon([&] { receiver.worker.progress(); },
                               [&] { return !receiver.observer.ends.empty(); });
  std::fill(target.begin(), target.end(), poison);
  result.written_late = soon(both, [&] {
    return std::any_of(target.begin(), target.end(),
                       [](std::byte x) { return x != poison; });
  });
  soon(both, [&] { return !receiver.observer.ends.empty(); });
  close(sender, there);
  soon(both,
       [&] { return sender.pool.busy() == 0 && receiver.pool.busy() == 0; });
  return result;
}

} // namespace

TEST_CASE("closing one's own endpoint ends what it receives") {
  auto x = stop_and_resume(false);
  CHECK(x.own_endpoint);
  CHECK(x.ended_by_close);
  CHECK_FALSE(x.written_late);
}

TEST_CASE("after an unmatched attempt UCX receives on a hidden endpoint") {
  auto x = stop_and_resume(true);
  if (x.own_endpoint)
    SKIP("UCX " << ucx::library_version() << " pairs endpoints otherwise");
  CHECK_FALSE(x.ended_by_close);
  CHECK(x.written_late);
}
