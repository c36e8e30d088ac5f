// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/stage.hpp"

#include <array>

using namespace rdma;
using namespace rdma_test;
using namespace std::chrono_literals;

// -- refusals ----------------------------------------------------------------

TEST_CASE("each mistake in a list of descriptors has its own code") {
  stage x;
  std::array<std::byte, 8> bytes{};
  descriptor good{std::span{bytes}};
  descriptor empty{bytes.data(), 0};
  descriptor null{static_cast<void*>(nullptr), 8};
  descriptor constant{std::span{std::as_const(bytes)}};
  descriptor gpu{bytes.data(), 8, cuda(0)};
  auto refusal = [&x](auto... xs) {
    return x.refusal(create_writable_atom_v, descriptor_list{xs...});
  };
  CHECK(refusal() == errc::no_descriptors);
  CHECK(refusal(good, empty) == errc::empty_descriptor);
  CHECK(refusal(good, null) == errc::null_pointer);
  CHECK(refusal(good, constant) == errc::read_only_memory);
  CHECK(refusal(good, gpu) == errc::unsupported_device);
  CHECK(refusal(good) == errc::none);
  CHECK(x.refusal(create_readable_atom_v, descriptor_list{constant})
        == errc::none);
  CHECK(x.refusal(create_readable_atom_v, descriptor_list{gpu})
        == errc::unsupported_device);
}

TEST_CASE("a source may be read-only, a destination may not") {
  stage x;
  std::array<std::byte, 8> bytes{};
  descriptor_list constant{descriptor{std::span{std::as_const(bytes)}}};
  auto data = x.remote(operation_kind::writable);
  data.descriptors = {{8, cpu}};
  CHECK(x.refusal(begin_write_atom_v, constant, data) == errc::none);
  data.kind = operation_kind::readable;
  CHECK(x.refusal(begin_read_atom_v, data, constant) == errc::read_only_memory);
}

TEST_CASE("lists that do not pair are refused") {
  stage x;
  auto data = x.remote(operation_kind::writable);
  data.descriptors[1].size = 41;
  CHECK(x.refusal(begin_write_atom_v, x.local(), data) == errc::size_mismatch);
  data.descriptors.pop_back();
  CHECK(x.refusal(begin_write_atom_v, x.local(), data) == errc::count_mismatch);
  data.kind = operation_kind::readable;
  CHECK(x.refusal(begin_read_atom_v, data, x.local()) == errc::count_mismatch);
  CHECK(x.refusal(begin_write_atom_v, x.local(), data) == errc::kind_mismatch);
  data.kind = operation_kind::writable;
  CHECK(x.refusal(begin_read_atom_v, data, x.local()) == errc::kind_mismatch);
  CHECK(x.lane->calls.empty());
  CHECK(x.loop.hosted_actors() == x.actors_at_rest);
}

TEST_CASE("a negative deadline is refused") {
  stage x;
  CHECK(x.refusal(create_writable_atom_v, x.local(), operation_options{-1ns})
        == errc::invalid_option);
  CHECK(x.refusal(begin_read_atom_v, x.remote(operation_kind::readable),
                  x.local(), operation_options{-1s})
        == errc::invalid_option);
}

TEST_CASE("the number of descriptors is limited") {
  runtime_options opts;
  opts.max_descriptors = 1;
  stage x{opts};
  CHECK(x.refusal(create_readable_atom_v, x.local()) == errc::limit_reached);
}

TEST_CASE(
  "the number of operations is limited, and dropped ones do not count") {
  runtime_options opts;
  opts.max_operations = 2;
  stage x{opts};
  auto first = x.writable();
  auto second = x.readable();
  auto refused = x.try_begin(create_writable_atom_v, x.local());
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == errc::limit_reached);
  CHECK(reason_of(refused.error()).find("rdma.max-operations")
        != std::string::npos);
  first = operation{};
  x.settle();
  CHECK(x.refusal(create_writable_atom_v, x.local()) == errc::none);
}

// -- peers -------------------------------------------------------------------

TEST_CASE("operations with the same peer share a link") {
  stage x;
  auto first = x.write();
  auto second = x.read();
  CHECK(x.lane->calls == std::vector<std::string>{"connect", "source", "sink"});
  CHECK(x.lane->sources.at(0).key.transfer != x.lane->sinks.at(0).key.transfer);
}

// -- the end -----------------------------------------------------------------

TEST_CASE("dropping a connector ends all its operations") {
  stage x;
  auto write = x.write();
  auto src = x.lane->sources.at(0);
  auto writable = x.writable();
  auto waiter = x.wait(writable);
  x.connector = connector_actor{};
  x.settle();
  CHECK(x.status(writable).status == status::cancelled);
  CHECK(reason_of(waiter.get().error()) == "the connector was dropped");
  CHECK(x.sent<cancel_request>().size() == 1);
  x.frame_to(src.owner, src.key, ended(status::complete));
  CHECK(x.status(write).status == status::complete);
  // Connector and peer are gone, the two operations have handles.
  CHECK(x.loop.hosted_actors() == x.actors_at_rest - 1 + 2);
  write = writable = operation{};
  x.settle();
  CHECK(x.loop.hosted_actors() == x.actors_at_rest - 1);
  CHECK(x.loop.timers() == 0);
}

TEST_CASE("a connector without operations ends at once when it is dropped") {
  stage x;
  x.connector = connector_actor{};
  x.settle();
  CHECK(x.loop.hosted_actors() == x.actors_at_rest - 1);
}

TEST_CASE("a shutdown ends all operations, then answers") {
  stage x;
  x.lane->auto_release = false;
  auto writable = x.writable();
  auto readable = x.readable();
  CHECK(x.cancel(readable, "before").answered() == false);
  auto waiter = x.wait(writable);
  auto done = x.shut_down();
  CHECK_FALSE((*done)->has_next_message());
  CHECK(x.refusal(create_writable_atom_v, x.local()) == errc::shutting_down);
  x.lane->release();
  x.settle();
  CHECK((*done)->has_next_message());
  CHECK(code_of(waiter.get().error()) == errc::shutting_down);
  CHECK(x.status(writable).status == status::errored);
  CHECK(x.status(readable).status == status::cancelled);
}

TEST_CASE("a shutdown does not wait for operations that have ended") {
  stage x;
  auto op = x.writable();
  CHECK(x.cancel(op, "enough").get());
  auto done = x.shut_down();
  CHECK((*done)->has_next_message());
}
