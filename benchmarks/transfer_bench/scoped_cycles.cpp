// SPDX-License-Identifier: BSD-3-Clause

#include "scoped_cycles.hpp"

#include "requests.hpp"

#include <chrono>
#include <semaphore>
#include <utility>

namespace transfer_bench {

namespace {

using clock = std::chrono::steady_clock;

/// An owner of memory, and its end.
class release {
public:
  release()
    : owner_(nullptr, [sem = semaphore_](const void*) { sem->release(); }) {
    // nop
  }

  std::shared_ptr<const void> owner() {
    return std::exchange(owner_, nullptr);
  }

  void wait() {
    if (!semaphore_->try_acquire_for(std::chrono::minutes{1}))
      die("library: the memory of an ended operation is not released");
  }

private:
  std::shared_ptr<std::binary_semaphore> semaphore_
    = std::make_shared<std::binary_semaphore>(0);
  std::shared_ptr<const void> owner_;
};

void wait_and_drop(caf::scoped_actor& self, rdma::operation op, const work& x,
                   std::string& lane) {
  self->request(op.actor(), no_timeout, rdma::wait_atom_v)
    .receive([&lane](const rdma::report& y) { lane = y.lane; }, failed(x));
}

std::string hear(line_channel& peer) {
  std::string result;
  if (!peer.hear(result))
    die("the other process is gone");
  return result;
}

} // namespace

samples run_scoped_cycles(caf::scoped_actor& self,
                          const rdma::connector_actor& connector, const work& x,
                          line_channel& peer) {
  samples result;
  auto start = clock::now();
  for (size_t i = 0; i < x.count; ++i) {
    auto begun = clock::now();
    peer.tell("next");
    auto md = rdma::metadata_from_text(hear(peer));
    if (!md)
      die("library: " + to_string(md.error()));
    release memory;
    rdma::operation op;
    request_begin(self.ptr(), connector, x.mode,
                  local_memory(0, x, memory.owner()), std::move(*md))
      .receive([&op](rdma::operation& y) { op = std::move(y); }, failed(x));
    wait_and_drop(self, std::move(op), x, result.lane);
    memory.wait();
    hear(peer);
    result.us.push_back(
      std::chrono::duration<double, std::micro>(clock::now() - begun).count());
  }
  result.seconds = std::chrono::duration<double>(clock::now() - start).count();
  peer.tell("end");
  return result;
}

void serve_scoped_cycles(caf::scoped_actor& self,
                         const rdma::connector_actor& connector, const work& x,
                         line_channel& peer) {
  while (hear(peer) == "next") {
    release memory;
    rdma::operation op;
    request_create(self.ptr(), connector, x.mode,
                   local_memory(0, x, memory.owner()))
      .receive([&op](rdma::operation& y) { op = std::move(y); }, failed(x));
    self->request(op.actor(), no_timeout, rdma::metadata_atom_v)
      .receive([&peer](const rdma::metadata& y) { peer.tell(to_text(y)); },
               failed(x));
    std::string lane;
    wait_and_drop(self, std::move(op), x, lane);
    memory.wait();
    peer.tell("told");
  }
}

} // namespace transfer_bench
