// SPDX-License-Identifier: BSD-3-Clause

// A server stores a file only if its SHA-256 is the client's.

#include "caf_rdma/demos/rdma_copy/failure.hpp"
#include "caf_rdma/demos/rdma_copy/server.hpp"
#include "caf_rdma/tests/demos/stage.hpp"

using namespace rdma_copy;
using namespace rdma_copy_test;

namespace {

/// A server whose files are in the stage's directory, and a client.
struct server_stage : stage {
  server_stage() {
    options opts;
    opts.timeout = patience;
    opts.quiet = true;
    std::filesystem::current_path(directory.path());
    server = system.spawn<server_actor_impl, caf::detached>(
      opts, runtime.spawn_connector("rdma_copy"));
  }

  ~server_stage() {
    self->send_exit(server, caf::exit_reason::user_shutdown);
    self->wait_for(server);
    std::filesystem::current_path("/");
  }

  /// Opens a session for a file of `size` bytes.
  upload_actor open(uint64_t size) {
    upload_actor result;
    self
      ->request(server, patience, upload_atom_v, std::string{"name"}, size,
                uint64_t{4096})
      .receive([&](upload_actor& x, uint64_t) { result = std::move(x); },
               [](caf::error& err) { FAIL(to_string(err)); });
    return result;
  }

  /// Writes the only block of a file.
  void write(const upload_actor& session, std::string bytes) {
    auto target = ask<rdma::metadata>(session, grant_atom_v, uint64_t{0});
    REQUIRE(target);
    rdma::descriptor_list source{{bytes.data(), bytes.size()}};
    auto op = ask<rdma::operation>(connector, rdma::begin_write_atom_v, source,
                                   *target);
    REQUIRE(op);
    REQUIRE(ask<rdma::report>(op->actor(), rdma::wait_atom_v));
  }

  caf::error finish(const upload_actor& session, std::string_view sha256) {
    caf::error result;
    self->request(session, patience, finish_atom_v, std::string{sha256})
      .receive([] {}, [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  bool stored() const {
    return std::filesystem::exists(directory.file("name"));
  }

  rdma::connector_actor connector = runtime.spawn_connector("client");
  server_actor server;
};

} // namespace

TEST_CASE("a put with the SHA-256 of the client is stored") {
  server_stage x;
  auto session = x.open(5);
  x.write(session, "hello");
  CHECK(!x.stored());
  CHECK(x.finish(session, sha256_of_hello) == caf::none);
  CHECK(content_of(x.directory.file("name")) == "hello");
}

TEST_CASE("a put with another SHA-256 than the client's is not stored") {
  server_stage x;
  auto session = x.open(5);
  x.write(session, "jello");
  auto err = x.finish(session, sha256_of_hello);
  CHECK(sentence(err).find("SHA-256 differs") != std::string::npos);
  CHECK(!x.stored());
}

TEST_CASE("an empty put is compared, too") {
  server_stage x;
  auto err = x.finish(x.open(0), sha256_of_hello);
  CHECK(sentence(err).find("SHA-256 differs") != std::string::npos);
  CHECK(!x.stored());
  CHECK(x.finish(x.open(0), sha256_of_nothing) == caf::none);
  CHECK(x.stored());
}

TEST_CASE("a put that is finished before its end is not stored") {
  server_stage x;
  CHECK(x.finish(x.open(5), sha256_of_nothing) != caf::none);
  CHECK(!x.stored());
}
