// SPDX-License-Identifier: BSD-3-Clause

// A get puts a file in place only if its SHA-256 is the server's.

#include "caf_rdma/demos/rdma_copy/failure.hpp"
#include "caf_rdma/demos/rdma_copy/get_client.hpp"
#include "caf_rdma/tests/demos/stage.hpp"

using namespace rdma_copy;
using namespace rdma_copy_test;

namespace {

/// Sends an empty file and claims that it had the given SHA-256.
download_actor::behavior_type fake_session(download_actor::pointer,
                                           std::string sha256) {
  return {
    [](grant_atom, uint64_t) -> caf::result<rdma::metadata> {
      return failure("there are no blocks");
    },
    [sha256](finish_atom) { return sha256; },
    [](caf::ping_atom) {},
  };
}

server_actor::behavior_type fake_server(server_actor::pointer self,
                                        std::string sha256) {
  return {
    [](upload_atom, const std::string&, uint64_t,
       uint64_t) -> caf::result<upload_actor, uint64_t> {
      return failure("this server only sends");
    },
    [self, sha256](download_atom, const std::string&, uint64_t block_size)
      -> caf::result<download_actor, uint64_t, uint64_t> {
      return {self->spawn<caf::linked>(fake_session, sha256), uint64_t{0},
              block_size};
    },
  };
}

/// Gets an empty file; returns the reason if that failed.
caf::error get(stage& x, std::string_view sha256) {
  auto part = part_file::create(x.directory.file("name"));
  REQUIRE(part);
  auto server = x.system.spawn(fake_server, std::string{sha256});
  client_setup setup{server,
                     x.runtime.spawn_connector("client"),
                     caf::actor_cast<caf::actor>(x.self),
                     4,
                     4096,
                     patience};
  auto client = x.system.spawn<caf::stateful_actor<get_client>>(
    std::move(setup), std::make_shared<part_file>(std::move(*part)), "name");
  caf::error result;
  bool over = false;
  x.self->receive_while([&over] {
    return !over;
  })([](progress_atom, uint64_t, uint64_t) {},
     [&over](const summary&) { over = true; },
     [&](caf::error& err) {
       over = true;
       result = std::move(err);
     },
     caf::after(patience) >> [] { FAIL("the client does not end"); });
  x.self->wait_for(client);
  x.self->send_exit(server, caf::exit_reason::user_shutdown);
  return result;
}

} // namespace

TEST_CASE("a get with the SHA-256 of the server is put in place") {
  stage x;
  CHECK(get(x, sha256_of_nothing) == caf::none);
  CHECK(std::filesystem::exists(x.directory.file("name")));
}

TEST_CASE("a get with another SHA-256 than the server's is not put in place") {
  stage x;
  auto err = get(x, sha256_of_hello);
  CHECK(sentence(err).find("SHA-256 differs") != std::string::npos);
  CHECK(!std::filesystem::exists(x.directory.file("name")));
}
