// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/stage.hpp"

using namespace rdma;

namespace rdma_test {

namespace {

worker_info worker(std::string id, uint64_t incarnation) {
  return {std::move(id), incarnation, std::vector<std::byte>(8)};
}

} // namespace

stage::stage(runtime_options opts)
  : stage(make_host_space("none in this test"), std::move(opts)) {
  // nop
}

stage::stage(memory_space_ptr space, runtime_options opts) {
  transport = loop.spawn<scripted_transport>(lane);
  connector_itself = loop.spawn<connector_actor_impl>("test", transport,
                                                      worker("here", 1), opts,
                                                      gpu_access{space});
  connector = detail::make_proxy<connector_actor>(
    sys, caf::actor_cast<caf::strong_actor_ptr>(connector_itself),
    loop.inbox());
  settle();
  actors_at_rest = loop.hosted_actors();
}

// What the script still holds must go before the loop.
stage::~stage() {
  loop.stop();
  *lane = script{};
}

void stage::settle() {
  for (auto n = 0; n < 10'000; ++n)
    if (loop.run_once() == 0)
      return;
  FAIL("the loop does not come to rest");
}

void stage::advance(caf::timespan delay) {
  now += delay;
  settle();
}

// -- requests ----------------------------------------------------------------

operation stage::writable(operation_options opts) {
  return begin(create_writable_atom_v, local(), opts);
}

operation stage::readable(operation_options opts) {
  return begin(create_readable_atom_v, local(), opts);
}

operation stage::write(operation_options opts) {
  return begin(begin_write_atom_v, local(), remote(operation_kind::writable),
               opts);
}

operation stage::read(operation_options opts) {
  return begin(begin_read_atom_v, remote(operation_kind::readable), local(),
               opts);
}

report stage::status(const operation& x) {
  auto result = request<report>(x.actor(), status_atom_v).get();
  REQUIRE(result);
  return *result;
}

pending<report> stage::wait(const operation& x) {
  return request<report>(x.actor(), wait_atom_v);
}

pending<report> stage::cancel(const operation& x, std::string why) {
  return request<report>(x.actor(), cancel_atom_v, std::move(why));
}

std::unique_ptr<caf::scoped_actor> stage::shut_down() {
  auto result = std::make_unique<caf::scoped_actor>(sys);
  (*result)->request(connector_itself, caf::infinite, shutdown_atom_v);
  settle();
  return result;
}

// -- events from the transport -----------------------------------------------

void stage::claim() {
  REQUIRE(lane->sinks.size() == 1);
  tell(lane->sinks[0].owner,
       transfer_claimed{key_of_peer, scripted_link.lane, "there"});
}

// -- memory ------------------------------------------------------------------

descriptor_list stage::local() const {
  auto* data = const_cast<std::byte*>(buffer.data());
  return {descriptor{static_cast<void*>(data), 60, cpu, owner},
          descriptor{static_cast<void*>(data + 60), 40, cpu, owner}};
}

metadata stage::remote(operation_kind kind) const {
  return {worker("there", 2), {3, 4}, kind, {{60, cpu}, {40, cpu}}};
}

claim reader_claim(const token& secret) {
  claim result;
  result.secret = secret;
  result.reply_secret = {5, 6};
  result.total = 100;
  return result;
}

} // namespace rdma_test
