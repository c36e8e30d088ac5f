// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace rdma_test {

namespace {

constexpr auto device = "rdma0";

struct result {
  bool ok;
  std::string output;
};

/// Runs `ip`.
result ip(const std::string& arguments) {
  auto* pipe = popen(("ip " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr)
    return {false, "cannot run ip"};
  std::string output;
  std::array<char, 256> line{};
  while (fgets(line.data(), line.size(), pipe) != nullptr)
    output += line.data();
  return {pclose(pipe) == 0, output};
}

std::string must(const std::string& arguments) {
  auto [ok, output] = ip(arguments);
  if (!ok)
    FAIL("ip " << arguments << ": " << output);
  return output;
}

// UCX uses a device only once the kernel has seen its carrier.
void await_carrier(const std::string& name_space) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (must("-n " + name_space + " link show " + device).find("state DOWN")
         != std::string::npos)
    REQUIRE(std::chrono::steady_clock::now() < end);
}

} // namespace

network::network(const wire_quality& quality) {
  auto prefix = "rdma-test-" + std::to_string(getpid());
  for (int i = 0; i < 2; ++i) {
    auto name = prefix + "-" + std::to_string(i);
    if (auto [ok, output] = ip("netns add " + name); !ok)
      SKIP("no network namespaces: " << output);
    sides_[i].name = name;
  }
  if (quality.mbit_per_s == 0) {
    must("-n " + sides_[0].name + " link add " + device
         + " type veth peer name " + device + " netns " + sides_[1].name);
  } else {
    std::vector<std::string> words{RDMA_TEST_RELAY, sides_[0].name,
                                   sides_[1].name, device};
    for (auto x : {quality.delay_ms, quality.jitter_ms, quality.loss_percent,
                   quality.mbit_per_s})
      words.push_back(std::to_string(x));
    relay_ = std::make_unique<worker_process>(command_line{std::move(words)});
  }
  for (int i = 0; i < 2; ++i) {
    auto side = std::to_string(i + 1);
    must("-n " + sides_[i].name + " address add 10.77.0." + side + "/24 dev "
         + device);
    must("-n " + sides_[i].name + " link set lo up");
    // BBR would hardly notice the losses. Every kernel has Reno.
    ip("netns exec " + sides_[i].name
       + " sysctl -qw net.ipv4.tcp_congestion_control=reno");
    must("-n " + sides_[i].name + " link set " + device + " up");
  }
  for (auto& side : sides_)
    await_carrier(side.name);
}

network::name_space::~name_space() {
  if (!name.empty())
    ip("netns del " + name);
}

std::unique_ptr<worker_process>
network::start(int side, std::vector<std::string> arguments) {
  std::vector<std::string> words{"ip",
                                 "netns",
                                 "exec",
                                 sides_[side].name,
                                 RDMA_TEST_WORKER,
                                 "--rdma.lane=ucx"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment{
    "UCX_TLS=tcp", std::string{"UCX_NET_DEVICES="} + device};
  return std::make_unique<worker_process>(command_line{std::move(words)},
                                          std::move(environment));
}

void network::silence(int side) {
  auto other = std::to_string(2 - side);
  must("-n " + sides_[side].name + " neighbour replace 10.77.0." + other
       + " lladdr 02:00:00:00:00:77 nud permanent dev " + device);
}

void network::set(const std::string& state) {
  must("-n " + sides_[0].name + " link set " + device + " " + state);
}

} // namespace rdma_test
