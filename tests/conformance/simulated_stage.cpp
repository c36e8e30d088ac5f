// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/simulated_stage.hpp"

#include "caf_rdma/tests/simulation/worker.hpp"

#include <chrono>

namespace rdma_conformance {

namespace {

class simulated_stage : public lane_stage {
public:
  std::string lane() const override {
    return "simulated";
  }

  size_t chunk_size() const override {
    return 16;
  }

  caf::actor_system& system() override {
    return system_;
  }

  const rdma::connector_actor& alice() override {
    return alice_.connector();
  }

  const rdma::connector_actor& bob() override {
    return bob_.connector();
  }

  // Time passes only while nothing else happens.
  bool until(const std::function<bool()>& pred) override {
    for (auto limit = now_ + std::chrono::seconds{60}; !pred();) {
      if (now_ > limit)
        return false;
      if (!round())
        now_ += std::chrono::milliseconds{1};
    }
    return true;
  }

  void linger() override {
    while (round())
      ; // the world comes to rest
  }

  void drop_bob() override {
    bob_.drop_connector();
  }

private:
  bool round() {
    auto events = alice_.run() + bob_.run();
    return net_.deliver() || events > 0;
  }

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  rdma_sim::clock now_{std::chrono::hours{1}};
  rdma_sim::dice dice_{1};
  rdma_sim::network net_{dice_};
  rdma_sim::worker alice_{system_, now_, net_, dice_, "alice", gpus()};
  rdma_sim::worker bob_{system_, now_, net_, dice_, "bob", gpus()};
};

} // namespace

lane_stage_ptr make_simulated_stage() {
  return std::make_unique<simulated_stage>();
}

} // namespace rdma_conformance
