// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/real_stage.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <thread>

using namespace std::chrono_literals;

namespace rdma_conformance {

namespace {

constexpr size_t real_chunk_size = 4096;

class real_stage : public lane_stage {
public:
  real_stage(std::string tls, std::string lane, rdma::memory_space_ptr space)
    : tls_(std::move(tls)), lane_(std::move(lane)), space_(std::move(space)) {
    // nop
  }

  // No round may cost more than a bound, whatever has happened.
  ~real_stage() override {
    alice_ = bob_ = nullptr;
    there_.reset();
    here_.reset();
    CHECK(system_.metrics()
            .counter_singleton("rdma.loop", "heavy-rounds", "", "1", true)
            ->value()
          == 0);
  }

  std::string lane() const override {
    return there_ ? lane_ : "self";
  }

  size_t chunk_size() const override {
    return real_chunk_size;
  }

  caf::actor_system& system() override {
    return system_;
  }

  const rdma::connector_actor& alice() override {
    return alice_;
  }

  const rdma::connector_actor& bob() override {
    return bob_;
  }

  bool until(const std::function<bool()>& pred) override {
    auto limit = std::chrono::steady_clock::now() + 30s;
    while (!pred()) {
      if (std::chrono::steady_clock::now() > limit)
        return false;
      std::this_thread::sleep_for(50us);
    }
    return true;
  }

  void linger() override {
    std::this_thread::sleep_for(20ms);
  }

  void drop_bob() override {
    bob_ = nullptr;
  }

  void start(bool two_runtimes) {
    here_.emplace(make("alice"));
    if (two_runtimes)
      there_.emplace(make("bob"));
    alice_ = here_->spawn_connector("alice");
    bob_ = (there_ ? *there_ : *here_).spawn_connector("bob");
  }

private:
  rdma::runtime make(std::string id) {
    rdma::runtime_options x;
    x.worker_id = std::move(id);
    x.transport.tls = tls_;
    x.transport.lane = lane_;
    x.transport.chunk_size = real_chunk_size;
    x.transport.space = space_;
    auto result = rdma::runtime::make(system_, std::move(x));
    if (!result)
      FAIL("cannot start: " << to_string(result.error()));
    return std::move(*result);
  }

  std::string tls_;
  std::string lane_;
  rdma::memory_space_ptr space_;
  rdma::config config_;
  caf::actor_system system_{config_};
  std::optional<rdma::runtime> here_;
  std::optional<rdma::runtime> there_;
  rdma::connector_actor alice_;
  rdma::connector_actor bob_;
};

} // namespace

lane_stage_ptr make_self_stage(rdma::memory_space_ptr space) {
  auto result = std::make_unique<real_stage>("", "auto", std::move(space));
  result->start(false);
  return result;
}

lane_stage_ptr make_two_runtimes(std::string tls, std::string lane,
                                 rdma::memory_space_ptr space) {
  auto result = std::make_unique<real_stage>(std::move(tls), std::move(lane),
                                             std::move(space));
  result->start(true);
  return result;
}

} // namespace rdma_conformance
