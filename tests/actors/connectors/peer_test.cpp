// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/stage.hpp"

using namespace rdma;
using namespace rdma_test;

namespace {

struct peer_stage : stage {
  peer_stage()
    : peer(loop.spawn<peer_impl>(transport,
                                 remote(operation_kind::writable).worker)) {
    lane->auto_connect = false;
  }

  ~peer_stage() {
    caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
    settle();
  }

  pending<link_info> link() {
    return request<link_info>(peer, link_atom_v);
  }

  void link_goes_down(link_id id) {
    caf::anon_send(lane->watchers.back(),
                   link_down{id, make_error(errc::peer_lost, "gone")});
    settle();
  }

  peer_actor peer;
};

} // namespace

TEST_CASE("a peer connects once for all who ask") {
  peer_stage x;
  auto first = x.link();
  auto second = x.link();
  CHECK_FALSE(first.answered());
  REQUIRE(x.lane->connects.size() == 1);
  CHECK(x.lane->connects[0].to.id == "there");
  x.lane->connected(scripted_link);
  x.settle();
  auto third = x.link();
  CHECK(first.get()->id == scripted_link.id);
  CHECK(second.get()->id == scripted_link.id);
  CHECK(third.get()->id == scripted_link.id);
  CHECK(x.lane->calls == std::vector<std::string>{"connect"});
}

TEST_CASE("a peer that could not connect tries again when asked again") {
  peer_stage x;
  auto first = x.link();
  auto second = x.link();
  x.lane->connected(make_error(errc::peer_unreachable, "nobody there"));
  x.settle();
  CHECK(code_of(first.get().error()) == errc::peer_unreachable);
  CHECK(code_of(second.get().error()) == errc::peer_unreachable);
  auto third = x.link();
  x.lane->connected(scripted_link);
  x.settle();
  CHECK(third.get()->id == scripted_link.id);
}

TEST_CASE("a peer connects again once its link is down") {
  peer_stage x;
  auto first = x.link();
  x.lane->connected(scripted_link);
  x.settle();
  x.link_goes_down(scripted_link.id);
  auto second = x.link();
  CHECK_FALSE(second.answered());
  x.lane->connected(link_info{12, "scripted"});
  x.settle();
  CHECK(second.get()->id == 12);
}

TEST_CASE("a peer hears of another lane that its link goes on with") {
  peer_stage x;
  auto first = x.link();
  x.lane->connected(scripted_link);
  x.settle();
  auto tell = [&x](link_id id, const char* lane) {
    caf::anon_send(x.lane->watchers.back(), link_info{id, lane});
    x.settle();
  };
  tell(scripted_link.id, "another");
  CHECK(x.link().get()->lane == "another");
  tell(scripted_link.id + 1, "a third");
  CHECK(x.link().get()->id == scripted_link.id);
  CHECK(x.link().get()->lane == "another");
}

TEST_CASE("news of an older link do not concern a peer") {
  peer_stage x;
  auto first = x.link();
  x.lane->connected(scripted_link);
  x.settle();
  x.link_goes_down(scripted_link.id + 1);
  CHECK(x.link().get()->id == scripted_link.id);
}

TEST_CASE("a peer that was forgotten goes once it is idle") {
  peer_stage x;
  auto actors = x.loop.hosted_actors();
  auto first = x.link();
  x.lane->connected(scripted_link);
  x.settle();
  caf::anon_send(x.peer, dropped_atom_v);
  x.settle();
  x.advance(std::chrono::seconds{2});
  CHECK(x.loop.hosted_actors() == actors);
  SECTION("and answers who comes late") {
    x.link_goes_down(scripted_link.id);
    auto second = x.link();
    x.advance(std::chrono::seconds{2});
    CHECK(x.loop.hosted_actors() == actors);
    x.lane->connected(make_error(errc::peer_unreachable, "nobody there"));
    x.settle();
    CHECK(code_of(second.get().error()) == errc::peer_unreachable);
  }
  SECTION("at once when its link is gone") {
    x.link_goes_down(scripted_link.id);
  }
  x.advance(std::chrono::seconds{2});
  CHECK(x.loop.hosted_actors() == actors - 1);
}
