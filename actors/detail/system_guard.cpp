// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/detail/system_guard.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/config.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>

#include <memory>

namespace rdma::detail {

namespace {

/// Lies in the registry, does nothing, and notices when it is thrown away.
class tripwire : public caf::monitorable_actor {
public:
  explicit tripwire(caf::actor_config cfg = caf::actor_config{})
    : caf::monitorable_actor(cfg) {
    // nop
  }

  ~tripwire() override {
    if (armed)
      CAF_CRITICAL("an rdma::runtime must be destroyed before its "
                   "caf::actor_system: declare it after the system");
  }

  using caf::abstract_actor::enqueue;

  bool enqueue(caf::mailbox_element_ptr, caf::execution_unit*) override {
    return false;
  }

  const char* name() const override {
    return "rdma.tripwire";
  }

  void setup_metrics() {
    // nop
  }

  bool armed = true;
};

} // namespace

system_guard::system_guard(caf::actor_system& sys) : system_(sys) {
  auto id = sys.next_actor_id();
  key_ = "rdma.runtime." + std::to_string(id);
  auto ptr = caf::make_actor<tripwire, caf::strong_actor_ptr>(id, sys.node(),
                                                              &sys);
  sys.registry().put(key_, std::move(ptr));
}

system_guard::~system_guard() {
  auto ptr = system_.registry().get(key_);
  static_cast<tripwire*>(ptr->get())->armed = false;
  system_.registry().erase(key_);
}

} // namespace rdma::detail
