// SPDX-License-Identifier: BSD-3-Clause

// Whoever watches a program by Prometheus sees what the guide and the dashboard
// speak of.

#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/tests/fenced/fenced_space.hpp"
#include "caf_rdma/tests/metrics/scrape.hpp"

#include <caf/io/middleman.hpp>

#include <catch2/generators/catch_generators.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <optional>
#include <set>
#include <sstream>

using namespace rdma;
using namespace rdma_test;

namespace {

using names = std::set<std::string>;

std::string read_file(const std::string& name) {
  std::ifstream in{RDMA_DOCS "/" + name};
  REQUIRE(in);
  std::ostringstream result;
  result << in.rdbuf();
  return result.str();
}

/// Our metrics in a text, without the parts of a histogram.
names metrics_in(const std::string& text) {
  names result;
  for (auto i = text.find("rdma_"); i != std::string::npos;
       i = text.find("rdma_", i + 1)) {
    auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", i);
    auto name = text.substr(i, end - i);
    for (std::string part : {"_bucket", "_sum", "_count"})
      if (name.ends_with(part))
        name.resize(name.size() - part.size());
    result.insert(std::move(name));
  }
  return result;
}

/// What Prometheus takes for the label `worker` of a line that has no other;
/// nothing if it would refuse the line, and all others with it.
std::optional<std::string> worker_in(const std::string& line) {
  std::string start = "rdma_links_silence_seconds{worker=\"";
  if (!line.starts_with(start))
    return std::nullopt;
  std::string result;
  for (auto i = start.size(); i < line.size(); ++i) {
    if (line[i] == '"')
      return line.substr(i).starts_with("\"} 0") ? std::optional{result}
                                                 : std::nullopt;
    if (line[i] != '\\') {
      result += line[i];
    } else if (auto next = line[++i]; next == 'n') {
      result += '\n';
    } else if (next == '\\' || next == '"') {
      result += next;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// What must be left of a name: Prometheus refuses what is not UTF-8.
std::string readable(const std::string& name) {
  std::string mark = "\xef\xbf\xbd"; // U+FFFD
  return name.starts_with("not UTF-8 ")
           ? "not UTF-8 " + mark + ' ' + mark + ' ' + mark + ' ' + mark
           : name;
}

/// A program that can be watched.
struct watched_config : rdma::config {
  explicit watched_config(uint16_t port) {
    load<caf::io::middleman>();
    set("caf.middleman.prometheus-http.port", port);
    set("caf.middleman.prometheus-http.address", "127.0.0.1");
  }
};

runtime make_runtime(caf::actor_system& sys, std::string id) {
  auto options = test_options(std::move(id));
  options.transport.space = std::make_shared<rdma::test::fenced_space>();
  options.transport.heartbeat = std::chrono::milliseconds{20};
  options.transport.heartbeat_limit = std::chrono::seconds{5};
  return node::make(sys, std::move(options));
}

/// Something of everything: a transfer that succeeds, one that fails.
void transfer(caf::scoped_actor& self, const connector_actor& here,
              const connector_actor& there) {
  std::vector<std::byte> from(100'000);
  std::vector<std::byte> to(100'000);
  auto must = [](const caf::error& err) { FAIL(to_string(err)); };
  operation passive;
  metadata info;
  self
    ->request(there, patience, create_writable_atom_v, rdma_test::describe(to))
    .receive([&](operation& x) { passive = x; }, must);
  self->request(passive.actor(), patience, metadata_atom_v)
    .receive([&](metadata& x) { info = x; }, must);
  for (auto i = 0; i < 2; ++i) {
    operation active;
    self
      ->request(here, patience, begin_write_atom_v, rdma_test::describe(from),
                info)
      .receive([&](operation& x) { active = x; }, must);
    self->request(active.actor(), patience, wait_atom_v)
      .receive([&](const report&) { CHECK(i == 0); },
               [&](const caf::error& err) {
                 CHECK(code_of(err) == errc::operation_ended);
               });
  }
}

} // namespace

TEST_CASE("what a program exports is what the guide describes") {
  auto port = free_port();
  watched_config cfg{port};
  caf::actor_system sys{cfg};
  names seen;
  std::string text;
  {
    auto alice = make_runtime(sys, "alice");
    auto bob = make_runtime(sys, "bob");
    caf::scoped_actor self{sys};
    transfer(self, alice.spawn_connector("a"), bob.spawn_connector("b"));
    std::this_thread::sleep_for(std::chrono::milliseconds{100}); // heartbeats
  }
  // A link has ended by now, and been counted.
  text = scrape(port);
  REQUIRE(text.find("200 OK") != std::string::npos);
  seen = metrics_in(text);
  auto guide = metrics_in(read_file("operations.md"));
  CHECK(seen == guide);
  auto dashboard = metrics_in(read_file("grafana/caf-rdma.json"));
  CHECK_FALSE(dashboard.empty());
  for (auto& x : dashboard) {
    INFO(x << " of the dashboard");
    CHECK(seen.contains(x));
  }
  INFO(text);
  CHECK(text.find("kind=\"write\",lane=\"" + lane()) != std::string::npos);
  CHECK(text.find("code=\"operation_ended\"") != std::string::npos);
}

TEST_CASE("a worker's name cannot make what a program exports unreadable") {
  auto port = free_port();
  watched_config cfg{port};
  caf::actor_system sys{cfg};
  auto name = GENERATE(as<std::string>{}, "quotation \" mark", "back \\ slash",
                       "new\nline", "ends with \\", "\"} 1\nother{x=\"",
                       "\xc3\xa4\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80",
                       "not UTF-8 \xc3 \xff \xed\xa0\x80 \xc0\xaf");
  CAPTURE(name);
  auto alice = make_runtime(sys, name);
  CHECK(alice.worker_id() == name);
  auto text = scrape(port);
  REQUIRE(text.find("200 OK") != std::string::npos);
  auto body = text.substr(text.find("\r\n\r\n") + 4);
  CAPTURE(body);
  auto begin = body.find("rdma_links_silence_seconds{");
  REQUIRE(begin != std::string::npos);
  auto end = body.find('\n', begin);
  CHECK(worker_in(body.substr(begin, end - begin)) == readable(name));
}

TEST_CASE("the dashboard is what Grafana can read") {
  auto x = nlohmann::json::parse(read_file("grafana/caf-rdma.json"), nullptr,
                                 false);
  REQUIRE(x.is_object());
  CHECK(x["title"] == "caf-rdma");
  std::set<int> ids;
  for (auto& panel : x["panels"]) {
    CHECK(ids.insert(panel["id"].get<int>()).second);
    CHECK_FALSE(panel["title"].get<std::string>().empty());
    for (auto& target : panel["targets"])
      CHECK_FALSE(target["expr"].get<std::string>().empty());
  }
  CHECK(ids.size() >= 8);
}
