// SPDX-License-Identifier: BSD-3-Clause

// Workers in the environments that their users give them.

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

using namespace rdma_test;

namespace {

/// Starts a worker; returns why it does not run, or nothing if it does.
std::string refusal(strings environment, strings options = {}) {
  try {
    worker_process{std::move(options), std::move(environment)};
    return {};
  } catch (worker_failure& failure) {
    return failure.what();
  }
}

/// Starts a worker, with `setup` done by a shell in namespaces of its own.
/// Skips the test if there are none to be had.
worker_ptr start_in(const strings& namespaces, const std::string& setup,
                    strings environment = {}) {
  strings words{"unshare"};
  words.insert(words.end(), namespaces.begin(), namespaces.end());
  auto attempt = [&](strings command) {
    command.insert(command.begin(), words.begin(), words.end());
    return std::make_unique<worker_process>(command_line{std::move(command)},
                                            environment);
  };
  try {
    attempt({"sh", "-c", "(" + setup + ") 2>/dev/null && echo ok"});
  } catch (worker_failure&) {
    SKIP("no namespace in which to: " << setup);
  }
  return attempt({"sh", "-c", setup + " && exec \"$@\"", "sh", RDMA_TEST_WORKER,
                  "--rdma.lane=" + lane()});
}

/// Moves bytes by messages, at once and by rendezvous, in both directions.
void exchange(worker_process& x, worker_process& y) {
  for (auto* size : {"100", "20000", "3000000", "40x40000"})
    for (auto [from, to] : {std::pair{&x, &y}, std::pair{&y, &x}}) {
      CAPTURE(size);
      auto metadata = to->must(std::string{"writable w "} + size);
      from->must(std::string{"write a 7 "} + size + ' ' + metadata);
      CHECK(from->must("wait a").starts_with("COMPLETE"));
      to->must("wait w");
      to->must("check w 7");
      metadata = to->must(std::string{"readable r 9 "} + size);
      from->must(std::string{"read b "} + size + ' ' + metadata);
      CHECK(from->must("wait b").starts_with("COMPLETE"));
      to->must("wait r");
      from->must("check b 9");
    }
}

/// A program that a worker has started, and that outlives it.
class helper {
public:
  explicit helper(worker_process& of) : pid_(std::stoi(of.must("helper"))) {
    // nop
  }

  ~helper() {
    ::kill(pid_, SIGKILL);
  }

  /// The sockets, pipes and the like that it has inherited from the worker, and
  /// not, by way of that, from us.
  strings inherited() const {
    auto ours = names_of(getpid());
    auto result = names_of(pid_);
    std::erase_if(result, [&ours](auto& x) {
      return std::find(ours.begin(), ours.end(), x) != ours.end();
    });
    return result;
  }

private:
  // Without files: it may be busy loading its libraries.
  static strings names_of(pid_t pid) {
    strings result;
    auto dir = "/proc/" + std::to_string(pid) + "/fd";
    for (auto& x : std::filesystem::directory_iterator{dir}) {
      std::error_code code;
      auto name = std::filesystem::read_symlink(x.path(), code).string();
      if (!code && !name.starts_with('/'))
        result.push_back(std::move(name));
    }
    return result;
  }

  pid_t pid_;
};

/// Settings of UCX with which something or other did not work.
const strings settings{
  "UCX_RNDV_THRESH=0",       "UCX_RNDV_THRESH=1",
  "UCX_RNDV_THRESH=256",     "UCX_RNDV_THRESH=inf",
  "UCX_PROTO_ENABLE=y",      "UCX_PROTO_INDIRECT_ID=n",
  "UCX_UNIFIED_MODE=y",      "UCX_ZCOPY_THRESH=0",
  "UCX_TCP_TX_SEG_SIZE=256", "UCX_TCP_TX_SEG_SIZE=1M",
  "UCX_TCP_RX_SEG_SIZE=4K",  "UCX_TCP_RX_SEG_SIZE=256K",
  "UCX_TCP_MAX_IOV=1",       "UCX_TCP_MAX_IOV=100",
  "UCX_TCP_MAX_POLL=0",      "UCX_RESOLVE_REMOTE_EP_ID=y",
  "UCX_TCP_CONN_NB=n",
};

} // namespace

TEST_CASE("a setting that UCX does not work with is not used") {
  for (auto& setting : settings) {
    CAPTURE(setting);
    worker_process alice{strings{}, {setting}};
    worker_process bob{strings{}, {setting}};
    exchange(alice, bob);
    worker_process carol;
    exchange(alice, carol);
  }
}

TEST_CASE("the log names the settings that are not used") {
  auto file = "/tmp/rdma-environment-" + std::to_string(getpid()) + ".log";
  {
    worker_process alice{{"--caf.logger.file.verbosity=info",
                          "--caf.logger.file.path=" + file},
                         {"UCX_PROTO_ENABLE=y", "UCX_TCP_CONN_NB=y"}};
    alice.tell("quit");
    while (alice.try_hear())
      ; // until it is gone, and all is written
  }
  std::ifstream in{file};
  std::string log{std::istreambuf_iterator{in}, {}};
  std::remove(file.c_str());
  CAPTURE(log);
  CHECK(log.find("UCX_PROTO_ENABLE=y is not used") != std::string::npos);
  CHECK(log.find("UCX_TCP_CONN_NB") == std::string::npos); // is what we want
}

TEST_CASE("an error of UCX names the settings, one of which may be to blame") {
  auto answer = refusal({"UCX_TCP_TX_MAX_BUFS=1"});
  CAPTURE(answer);
  CHECK(answer.starts_with("error none transport_failure"));
  CHECK(answer.find("UCX_TCP_TX_MAX_BUFS=1") != std::string::npos);
  answer = refusal({"UCX_NET_DEVICES=not-there"});
  CAPTURE(answer);
  CHECK(answer.starts_with("error none no_usable_lane"));
  CHECK(answer.find("UCX_NET_DEVICES=not-there") != std::string::npos);
}

TEST_CASE("workers start without room in /dev/shm") {
  auto size = GENERATE("size=64m", "nr_blocks=1", "ro");
  CAPTURE(size);
  auto setup = std::string{"mount -t tmpfs -o "} + size + " tmpfs /dev/shm";
  auto alice = start_in({"-m"}, setup);
  auto bob = start_in({"-m"}, setup);
  exchange(*alice, *bob);
}

TEST_CASE("a worker starts without /dev/shm") {
  auto alice = start_in({"-m"}, "mount -t tmpfs tmpfs /dev");
  worker_process bob;
  exchange(*alice, bob);
}

TEST_CASE("programs that a worker starts inherit nothing of UCX's") {
  auto alice = start("alice");
  auto own = std::stoul(alice->must("own-descriptors"));
  auto bob = start("bob");
  auto carol = start("carol");
  SECTION("when there is no link") {
    // nop
  }
  SECTION("when it was active") {
    write(*alice, *bob);
  }
  SECTION("when it was passive") {
    write(*bob, *alice);
  }
  SECTION("when there are several links, and some have ended") {
    write(*alice, *bob);
    write(*carol, *alice);
    bob->kill();
    bob = start("bob");
    link(*alice, *bob);
  }
  SECTION("when both have connected at once") {
    auto to_alice = alice->must("writable w 100");
    auto to_bob = bob->must("writable w 100");
    alice->tell("write a 1 100 " + to_bob);
    bob->tell("write a 2 100 " + to_alice);
    CHECK(alice->hear() == "ok");
    CHECK(bob->hear() == "ok");
    CHECK(alice->must("wait a").starts_with("COMPLETE"));
    CHECK(bob->must("wait a").starts_with("COMPLETE"));
  }
  helper child{*alice};
  auto names = child.inherited();
  CAPTURE(names);
  CHECK(names.size() == own); // those of the program itself, as before
}

TEST_CASE(
  "a worker with a helper is missed as soon as it dies, and comes back") {
  auto first = 20000 + getpid() % 1000 * 8; // nobody else's in a parallel run
  strings ports{"UCX_TCP_PORT_RANGE=" + std::to_string(first) + '-'
                + std::to_string(first + 7)};
  auto alice = start("alice");
  strings name{"--rdma.worker-id=bob"};
  auto bob = std::make_unique<worker_process>(name, ports);
  write_both_ways(*alice, *bob);
  helper child{*bob};
  bob->kill();
  alice->must("link"); // is up
  CHECK(alice->ask("link") == "error peer_lost bob");
  for (int i = 0; i < 3; ++i) {
    bob = std::make_unique<worker_process>(name, ports);
    link(*alice, *bob);
    bob->kill();
  }
}

TEST_CASE("a user may still choose UCX's shared memory") {
  worker_process alice{{"--rdma.tls=tcp,self,posix"}};
  auto answer = refusal({}, {"--rdma.tls=posix"});
  CAPTURE(answer);
  CHECK(answer.starts_with("error none no_usable_lane"));
  CHECK(answer.find("posix/memory") != std::string::npos);
  answer = refusal({"UCX_TLS=posix"});
  CAPTURE(answer);
  CHECK(answer.starts_with("error none no_usable_lane"));
  CHECK(answer.find("posix/memory") != std::string::npos);
}

TEST_CASE("who cannot be reached is an error that names what to look at") {
  auto alice = start("alice", {"--rdma.connect-timeout=300ms",
                               "--rdma.heartbeat=100ms"});
  auto bob = start("bob");
  auto metadata = bob->must("writable w 100");
  SECTION("when it is gone") {
    bob->kill();
  }
  SECTION("when it does not answer") {
    bob->signal(SIGSTOP);
  }
  alice->must("write a 1 100 " + metadata);
  auto answer = alice->ask("wait a");
  CAPTURE(answer);
  CHECK(code_of(answer) == "peer_unreachable");
  CHECK(answer.find("does UCX_NET_DEVICES name") != std::string::npos);
}

TEST_CASE("a peer with other interfaces is an error that names them") {
  auto alice = start_in({"-n"}, "ip link set lo up");
  worker_process bob{strings{}, {"UCX_NET_DEVICES=lo"}};
  alice->must("write a 1 100 " + bob.must("writable w 100"));
  auto answer = alice->ask("wait a");
  CAPTURE(answer);
  CHECK(code_of(answer) == "peer_unreachable");
  CHECK(answer.find("does UCX_NET_DEVICES name") != std::string::npos);
}

TEST_CASE("a worker of a host without IPv4 says what it wants") {
  std::string answer;
  try {
    start_in({"-n"}, "ip link set lo up && ip address del 127.0.0.1/8 dev lo "
                     "&& ip address show dev lo | grep -q inet6");
  } catch (worker_failure& failure) {
    answer = failure.what();
  }
  CAPTURE(answer);
  CHECK(answer.starts_with("error none no_usable_lane"));
  CHECK(answer.find("IPv4") != std::string::npos);
}

TEST_CASE("a worker with too few descriptors says so, and lives") {
#ifdef RDMA_SANITIZED
  SKIP("the sanitizer needs descriptors of its own");
#endif
  auto starts = 0;
  for (int count = 0; count <= 40; ++count) {
    CAPTURE(count);
    auto answer = refusal({"RDMA_TEST_DESCRIPTORS=" + std::to_string(count)});
    CAPTURE(answer);
    if (answer.empty()) {
      ++starts;
      continue;
    }
    CHECK(starts == 0);
    CHECK(answer.starts_with("error none limit_reached"));
    CHECK(answer.find("ulimit -n") != std::string::npos);
  }
  CHECK(starts > 0);
}
