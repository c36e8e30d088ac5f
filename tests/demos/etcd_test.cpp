// SPDX-License-Identifier: BSD-3-Clause

// The client of etcd, with servers of etcd, and with others.

#include "caf_rdma/tests/demos/etcd_server.hpp"

#include <caf/sec.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <httplib.h>

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <thread>

using namespace kv_cluster;
using namespace kv_test;

using namespace std::chrono_literals;

namespace {

using entries = std::vector<etcd_entry>;

// -- clients -----------------------------------------------------------------

etcd open(const std::string& url) {
  auto result = etcd::open(url);
  REQUIRE(result);
  return std::move(*result);
}

entries list(etcd& client, const std::string& prefix) {
  auto result = client.list(prefix);
  if (!result)
    FAIL(to_string(result.error()));
  return std::move(*result);
}

/// Why a client cannot list.
caf::error why_not(etcd& client, const std::string& prefix) {
  auto result = client.list(prefix);
  return result ? caf::error{} : result.error();
}

bool works(const caf::error& err) {
  UNSCOPED_INFO(to_string(err));
  return err == caf::none;
}

/// Whether an error says so.
bool says(const caf::error& err, const std::string& what) {
  UNSCOPED_INFO(to_string(err));
  return err == caf::sec::runtime_error
         && to_string(err).find(what) != std::string::npos;
}

// -- other servers -----------------------------------------------------------

/// Answers by path, or the same to all.
class http_server {
public:
  explicit http_server(std::string body, int status = 200)
    : http_server({}, std::move(body), status) {
  }

  explicit http_server(std::map<std::string, std::string> bodies,
                       std::string otherwise = "", int status = 200) {
    auto answer = [=](const httplib::Request& x, httplib::Response& y) {
      auto i = bodies.find(x.path);
      y.status = status;
      y.set_content(i == bodies.end() ? otherwise : i->second,
                    "application/json");
    };
    server_.Post(".*", answer);
    port_ = static_cast<uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    eventually([this] { return server_.is_running(); });
  }

  ~http_server() {
    server_.stop();
    thread_.join();
  }

  std::string url() const {
    return url_of(port_);
  }

private:
  httplib::Server server_;
  uint16_t port_ = 0;
  std::thread thread_;
};

/// Does something to each connection.
class tcp_server {
public:
  explicit tcp_server(std::function<void(int)> serve) {
    ::listen(socket_.fd(), 10);
    thread_ = std::thread{[this, serve = std::move(serve)] {
      for (;;) {
        auto fd = ::accept(socket_.fd(), nullptr, nullptr);
        if (fd < 0)
          return;
        serve(fd);
        ::close(fd);
      }
    }};
  }

  ~tcp_server() {
    ::shutdown(socket_.fd(), SHUT_RDWR); // accept() returns
    thread_.join();
  }

  std::string url() const {
    return url_of(socket_.port());
  }

private:
  bound_socket socket_;
  std::thread thread_;
};

bool write(int fd, const std::string& text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) > 0;
}

void read_some(int fd) {
  char buffer[4096];
  ::recv(fd, buffer, sizeof(buffer), 0);
}

/// A good answer to anything but a grant.
constexpr auto fine = R"({"header": {}})";

constexpr auto granted = R"({"header": {}, "ID": "7", "TTL": "5"})";

} // namespace

// -- with servers of etcd ----------------------------------------------------

TEST_CASE("what is announced is listed, by prefix") {
  etcd_server server;
  auto first = open(server.url());
  auto second = open(server.url());
  CHECK(list(first, "").empty());
  CHECK(works(first.announce("a/1", "one")));
  CHECK(works(first.announce("b/1", "other")));
  CHECK(works(second.announce("a/2", "two")));
  CHECK(list(first, "a/") == entries{{"a/1", "one"}, {"a/2", "two"}});
  CHECK(list(second, "a/") == list(first, "a/"));
  CHECK(list(first, "").size() == 3);
  CHECK(list(first, "c").empty());
  auto moved = std::move(first);
  CHECK(works(moved.announce("a/1", "one")));
  CHECK(list(moved, "a/1") == entries{{"a/1", "one"}});
  CHECK(works(moved.announce("a/1", "changed")));
  CHECK(list(moved, "a/1") == entries{{"a/1", "changed"}});
}

TEST_CASE("keys and values may hold any bytes") {
  etcd_server server;
  auto client = open(server.url());
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  std::string top = "\xff\xff";
  CHECK(works(client.announce(all, all)));
  CHECK(works(client.announce(top + "x", all + "1")));
  CHECK(works(client.announce("a\xff", all + "12")));
  CHECK(works(client.announce("b", "")));
  CHECK(list(client, all) == entries{{all, all}});
  CHECK(list(client, std::string{'\0'}) == entries{{all, all}});
  CHECK(list(client, top) == entries{{top + "x", all + "1"}});
  CHECK(list(client, "a\xff") == entries{{"a\xff", all + "12"}});
  CHECK(list(client, "b") == entries{{"b", ""}});
  CHECK(list(client, "").size() == 4);
}

TEST_CASE("what a client withdraws is gone at once, but nothing of others") {
  etcd_server server;
  auto first = open(server.url());
  auto second = open(server.url());
  CHECK(works(first.withdraw())); // nothing yet
  CHECK(works(first.announce("a/1", "one")));
  CHECK(works(first.announce("a/2", "two")));
  CHECK(works(second.announce("a/3", "three")));
  CHECK(works(first.withdraw()));
  CHECK(list(second, "a/") == entries{{"a/3", "three"}});
  CHECK(works(first.withdraw()));
  CHECK(works(first.announce("a/1", "one")));
  CHECK(list(second, "a/").size() == 2);
}

TEST_CASE("an entry goes away when its client stops announcing it") {
  etcd_server server;
  auto silent = open(server.url());
  auto loud = open(server.url());
  CHECK(works(silent.announce("a/silent", "x")));
  auto gone = eventually([&] {
    REQUIRE(works(loud.announce("a/loud", "y")));
    return list(loud, "a/").size() == 1;
  });
  CHECK(gone);
  CHECK(list(loud, "a/") == entries{{"a/loud", "y"}});
  CHECK(works(silent.announce("a/silent", "x")));
  CHECK(list(loud, "a/").size() == 2);
}

TEST_CASE("what a server has lost is announced to it again") {
  etcd_server server;
  auto client = open(server.url());
  CHECK(works(client.announce("a", "x")));
  CHECK(works(client.announce("b", "y")));
  server.restart_without_data();
  CHECK(list(client, "").empty());
  CHECK(works(client.announce("a", "x")));
  CHECK(list(client, "") == entries{{"a", "x"}});
  CHECK(works(client.announce("b", "y")));
  CHECK(list(client, "").size() == 2);
  server.restart_without_data();
  CHECK(works(client.withdraw()));
}

TEST_CASE("a server that is stopped is an error, until it goes on") {
  etcd_server server;
  auto client = open(server.url());
  CHECK(works(client.announce("a", "x")));
  server.stop();
  CHECK(says(client.announce("a", "x"), "does not answer in time"));
  CHECK(says(why_not(client, ""), "etcd at " + server.url() + ": "));
  CHECK(says(client.withdraw(), "does not answer in time"));
  server.go_on();
  CHECK(eventually([&] { return !client.announce("a", "x"); }));
  CHECK(list(client, "") == entries{{"a", "x"}});
}

TEST_CASE("what etcd says is wrong is shown") {
  etcd_server server;
  auto client = open(server.url());
  CHECK(says(client.announce("", "x"), "key is not provided"));
  CHECK(works(client.announce("a", "x")));
}

// -- with others -------------------------------------------------------------

TEST_CASE("entries that are too large are refused") {
  auto client = open("http://127.0.0.1:1");
  std::string large(etcd::max_entry, 'x');
  CHECK(says(client.announce("a", large), "no more than 1048576 bytes"));
  CHECK(says(client.announce(large + 'x', ""), "no more than"));
  CHECK(says(why_not(client, large + 'x'), "no more than"));
  CHECK(says(client.announce(large, ""), "cannot connect"));
}

TEST_CASE("a server that is not there is an error") {
  bound_socket nobody_listens;
  auto client = open(url_of(nobody_listens.port()));
  CHECK(says(client.announce("a", "x"), "cannot connect"));
  CHECK(says(why_not(client, ""), "cannot connect"));
  CHECK(works(client.withdraw())); // nothing is there to be withdrawn
  auto nowhere = open("http://no-such-host.invalid:2379");
  CHECK(says(why_not(nowhere, ""), "cannot connect"));
}

TEST_CASE("an answer that is none of etcd's is an error") {
  auto body = GENERATE(as<std::string>{}, "", "hello", "{", "7", "null", "[]",
                       "{}", R"({"header": 7})", "\xff\xfe", "[[[[[[[[",
                       R"({"result": 7})", R"({"result": {}})");
  INFO(body);
  http_server server{body};
  auto client = open(server.url());
  auto expected = "answers what is no JSON of its API";
  CHECK(says(client.announce("a", "x"), expected));
  CHECK(says(why_not(client, ""), expected));
}

TEST_CASE("a list that is none is an error") {
  auto list = GENERATE(as<std::string>{}, "7", "{}", "null", "[7]", "[[]]",
                       R"([{"key": 7}])", R"([{"key": "YQ==", "value": {}}])",
                       R"([{"key": "!!!!"}])", R"([{"key": "YQ="}])",
                       R"([{"key": "Y=Q="}])", R"([{"key": "===="}])",
                       R"([{"key": " YQ== "}])", R"([{"key": "YR=="}])");
  INFO(list);
  http_server server{R"({"header": {}, "kvs": )" + list + '}'};
  auto client = open(server.url());
  CHECK(says(why_not(client, ""), "no JSON of its API"));
}

TEST_CASE("a list without entries is empty") {
  auto body = GENERATE(as<std::string>{}, fine, R"({"header": {}, "kvs": []})");
  http_server server{body};
  auto client = open(server.url());
  CHECK(list(client, "").empty());
}

TEST_CASE("a lease that is none is an error") {
  auto id = GENERATE(as<std::string>{}, "7", R"("")", R"("0")", R"("7x")",
                     R"("99999999999999999999")", "null", "{}");
  INFO(id);
  http_server server{R"({"header": {}, "ID": )" + id + '}'};
  auto client = open(server.url());
  CHECK(says(client.announce("a", "x"), "no JSON of its API"));
}

TEST_CASE("a lease whose life is none is an error") {
  auto life = GENERATE(as<std::string>{}, "7", R"("")", R"("x")", "[]");
  INFO(life);
  http_server server{{{"/v3/lease/grant", granted},
                      {"/v3/lease/keepalive",
                       R"({"result": {"header": {}, "TTL": )" + life + "}}"}},
                     fine};
  auto client = open(server.url());
  CHECK(works(client.announce("a", "x")));
  CHECK(says(client.announce("a", "x"), "no JSON of its API"));
}

TEST_CASE("an error that a server answers is shown") {
  struct example {
    int status;
    std::string body;
    std::string text;
  };
  auto x = GENERATE(
    example{500, "oh", "answers 500"}, example{404, "", "answers 404"},
    example{204, "", "answers 204"}, example{301, fine, "answers 301"},
    example{503, fine, "answers 503"},
    example{503, R"({"error": "etcdserver: no leader", "code": 14})",
            "etcdserver: no leader"},
    example{200, R"({"error": {"grpc_code": 14, "message": "bad stream"}})",
            "bad stream"},
    example{500, R"({"error": 7})", "an error without a text"},
    example{500, R"({"error": "a", "code": "b"})", "a"});
  INFO(x.status << ' ' << x.body);
  http_server server{x.body, x.status};
  auto client = open(server.url());
  CHECK(says(client.announce("a", "x"), x.text));
  CHECK(says(why_not(client, ""), x.text));
}

TEST_CASE("a server that does not speak HTTP is an error") {
  std::signal(SIGPIPE, SIG_DFL); // a server of httplib has it ignored
  std::function<void(int)> serve;
  SECTION("but something else") {
    serve = [](int fd) {
      read_some(fd);
      write(fd, std::string(100'000, 'x') + "\r\n\r\n");
    };
  }
  SECTION("but hangs up") {
    serve = [](int) {};
  }
  SECTION("but breaks off in the middle") {
    serve = [](int fd) {
      read_some(fd);
      write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
    };
  }
  SECTION("but resets the connection") {
    serve = [](int fd) {
      linger at_once{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    };
  }
  tcp_server server{serve};
  auto client = open(server.url());
  for (int i = 0; i < 20; ++i) {
    CHECK(why_not(client, std::string(500'000, 'a')));
    CHECK(says(why_not(client, ""), "etcd at " + server.url() + ": "));
  }
}

TEST_CASE("an answer that never ends is an error") {
  std::string start;
  std::string more;
  SECTION("in a line, byte by byte") {
    more = "x";
  }
  SECTION("in headers, one by one") {
    start = "HTTP/1.1 200 OK\r\n";
    more = "a: b\r\n";
  }
  SECTION("in the content, byte by byte") {
    start = "HTTP/1.1 200 OK\r\n\r\n";
    more = "{";
  }
  tcp_server server{[&](int fd) {
    write(fd, start);
    while (write(fd, more))
      std::this_thread::sleep_for(20ms);
  }};
  auto client = open(server.url());
  CHECK(says(why_not(client, ""), "does not answer in time"));
}

TEST_CASE("an answer that is too large is an error") {
  tcp_server server{[](int fd) {
    write(fd, "HTTP/1.1 200 OK\r\n\r\n");
    while (write(fd, std::string(100'000, ' ')))
      ;
  }};
  auto client = open(server.url());
  CHECK(says(why_not(client, ""), "answers more than 16 MiB"));
}

TEST_CASE("what is no URL of an etcd is refused") {
  auto url = GENERATE(
    as<std::string>{}, "", "http://", "localhost:2379", "https://localhost:1",
    "http://localhost", "http://localhost:", "http://:2379",
    "http://localhost:0", "http://localhost:65536", "http://localhost:-1",
    "http://localhost:2379/", "http://localhost:2379/x", "http://a b:2379",
    "http://me@localhost:2379", "http://x/y:2379", "http://localhost: 2379",
    "http://localhost:2379 ", "HTTP://localhost:2379", "http://a:b:2379",
    "http://http://localhost:2379", "http://local\nhost:2379");
  INFO(url);
  auto result = etcd::open(url);
  REQUIRE_FALSE(result);
  CHECK(result.error() == caf::sec::invalid_argument);
}
