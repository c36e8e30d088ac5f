// SPDX-License-Identifier: BSD-3-Clause

// Nodes that find each other, over real connections.

#include "caf_rdma/demos/kv_cluster/presence.hpp"
#include "caf_rdma/tests/demos/etcd_server.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <set>

using namespace kv_cluster;

namespace {

using namespace std::chrono_literals;

struct node_config : caf::actor_system_config {
  node_config() {
    load<caf::io::middleman>();
    set("caf.scheduler.max-threads", 1);
  }
};

/// A node with an actor system of its own.
struct node {
  node(const std::string& name, uint64_t life, std::vector<address> seeds,
       uint16_t port = 0, const std::string& etcd = "") {
    member own;
    own.name = name;
    own.role = "decode";
    own.life = life;
    auto listener
      = caf::actor_cast<member_listener>(caf::actor_cast<caf::actor>(self));
    auto made = presence::make(system,
                               {"127.0.0.1", port, std::move(seeds), etcd}, own,
                               listener);
    if (!made)
      FAIL(to_string(made.error()));
    present.emplace(std::move(*made));
    self->monitor(present->directory());
  }

  ~node() {
    if (present)
      self->demonitor(present->directory());
  }

  const address& place() const {
    return present->place();
  }

  /// Handles what the directory says until `pred` is true.
  bool until(const std::function<bool()>& pred) {
    auto end = std::chrono::steady_clock::now() + 20s;
    while (!pred() && std::chrono::steady_clock::now() < end)
      self->receive(
        [this](join_atom, const member& x) {
          members.insert(x.name);
          lives[x.name] = x.life;
        },
        [this](left_atom, const std::string& x) { members.erase(x); },
        [this](const link_report& x) { reports.push_back(x); },
        [this](const caf::down_msg& x) { down = x.reason; },
        caf::after(50ms) >> [] {});
    return pred();
  }

  bool sees(const std::set<std::string>& names) {
    return until([&] { return members == names; });
  }

  node_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  std::optional<presence> present;
  std::set<std::string> members;
  std::map<std::string, uint64_t> lives;
  std::vector<link_report> reports;
  caf::error down;
};

using node_ptr = std::unique_ptr<node>;

/// A port at which somebody listens who never says a word.
struct mute {
  mute() : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof to;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&to), size) == 0);
    REQUIRE(::listen(fd, 100) == 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&to), &size);
    place = {"127.0.0.1", ntohs(to.sin_port)};
  }

  ~mute() {
    ::close(fd);
  }

  int fd;
  address place;
};

} // namespace

TEST_CASE("an address is a host and a port") {
  CHECK(address_from("a.b:17") == address{"a.b", 17});
  CHECK(to_string(address{"a.b", 17}) == "a.b:17");
  for (auto* x : {"", "a", "a:", ":1", "a:0", "a:65536", "a:1x", "a:-1"})
    CHECK_FALSE(address_from(x));
}

TEST_CASE("one address leads to all nodes, whoever comes later") {
  node a{"a", 1, {}};
  node b{"b", 1, {a.place()}};
  node c{"c", 1, {b.place()}};
  CHECK(a.sees({"b", "c"}));
  CHECK(b.sees({"a", "c"}));
  CHECK(c.sees({"a", "b"}));
  auto d = std::make_unique<node>("d", 1, std::vector{c.place()});
  CHECK(a.sees({"b", "c", "d"}));
  CHECK(d->sees({"a", "b", "c"}));
  d.reset();
  CHECK(a.sees({"b", "c"}));
  CHECK(c.sees({"a", "b"}));
}

TEST_CASE("a node that comes back is found where it was, and known by its "
          "new life") {
  node a{"a", 1, {}};
  auto b = std::make_unique<node>("b", 1, std::vector{a.place()});
  auto place = b->place();
  CHECK(a.sees({"b"}));
  b.reset();
  CHECK(a.sees({}));
  node again{"b", 2, {}, place.port}; // it was told of nobody
  CHECK(a.sees({"b"}));
  CHECK(again.sees({"a"}));
  CHECK(a.lives["b"] == 2);
}

TEST_CASE("what a link tells is known everywhere") {
  node a{"a", 1, {}};
  node b{"b", 1, {a.place()}};
  CHECK(a.sees({"b"}));
  CHECK(b.sees({"a"}));
  caf::anon_send(b.present->directory(),
                 rdma::link_event{"x", 7, "ucx", false, {}});
  for (auto* x : {&a, &b}) {
    CHECK(x->until([&] { return !x->reports.empty(); }));
    CHECK(x->reports.at(0).from == "b");
    CHECK(x->reports.at(0).to == "x");
    CHECK_FALSE(x->reports.at(0).up);
  }
}

TEST_CASE("a name that is taken is refused, and the node ends") {
  node a{"a", 1, {}};
  node other{"a", 2, {a.place()}};
  CHECK(other.until([&] { return other.down != caf::none; }));
  CHECK(to_string(other.down).find("there is a node a already")
        != std::string::npos);
  CHECK(a.members.empty());
}

TEST_CASE("addresses that lead nowhere, or home, do no harm") {
  mute nobody;
  node a{"a", 1, {}};
  // Its own address is the third.
  node b{"b", 1, {nobody.place, {"127.0.0.1", 1}, a.place()}};
  caf::anon_send(b.present->directory(), seek_atom_v, std::vector{b.place()});
  CHECK(b.sees({"a"}));
  CHECK(a.sees({"b"}));
  CHECK(b.members == std::set<std::string>{"a"});
}

TEST_CASE("somebody who is no node is not told apart from nobody") {
  node a{"a", 1, {}};
  node_config config;
  caf::actor_system system{config};
  auto echo
    = system.spawn([]() -> caf::behavior { return {[](int x) { return x; }}; });
  auto port = system.middleman().publish(echo, 0, "127.0.0.1");
  REQUIRE(port);
  caf::anon_send(a.present->directory(), seek_atom_v,
                 std::vector{address{"127.0.0.1", *port}});
  node b{"b", 1, {a.place()}};
  CHECK(a.sees({"b"}));
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
}

// -- etcd --------------------------------------------------------------------

TEST_CASE("nodes find each other by etcd, and need it only for that") {
  kv_test::etcd_server server;
  auto join = [&server](const std::string& name, uint64_t life) {
    return std::make_unique<node>(name, life, std::vector<address>{},
                                  uint16_t{0}, server.url());
  };
  auto a = join("a", 1);
  auto b = join("b", 1);
  CHECK(a->sees({"b"}));
  CHECK(b->sees({"a"}));
  b.reset();
  b = join("b", 2); // at another place
  CHECK(a->until([&] { return a->lives["b"] == 2; }));
  CHECK(a->sees({"b"}));
  server.stop();
  CHECK(a->sees({"b"}));
  server.go_on();
  server.restart_without_data();
  auto c = join("c", 1);
  CHECK(a->sees({"b", "c"}));
  CHECK(c->sees({"a", "b"}));
}

TEST_CASE("an etcd that is not there keeps nobody from joining") {
  node a{"a", 1, {}, 0, "http://127.0.0.1:1"};
  node b{"b", 1, {a.place()}, 0, "http://127.0.0.1:1"};
  CHECK(a.sees({"b"}));
  CHECK_FALSE(
    presence::make(a.system, {"127.0.0.1", 0, {}, "etcd:2379"}, member{}, {}));
}
