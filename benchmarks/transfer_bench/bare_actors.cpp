// SPDX-License-Identifier: BSD-3-Clause

#include "bare_actors.hpp"

#include "caf_rdma/actors/detail/handle_proxy.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace transfer_bench {

namespace {

// -- transport ---------------------------------------------------------------

using transport_actor = caf::typed_actor<caf::result<void>(rdma::source)>;

using transport_base = rdma::hosted_actor<transport_actor::base>;

class transport : public transport_base {
public:
  using transport_base::transport_base;

  behavior_type make_behavior() override {
    return {
      [this](const rdma::source& x) {
        send(x.owner, rdma::transfer_settled{});
      },
    };
  }
};

// -- operation ---------------------------------------------------------------

using operation_base = rdma::hosted_actor<rdma::operation_impl::base>;

class operation : public operation_base {
public:
  operation(caf::actor_config& cfg, transport_actor lower,
            rdma::operation_home listener, rdma::descriptor_list data)
    : operation_base(cfg),
      lower_(std::move(lower)),
      listener_(std::move(listener)),
      data_(std::move(data)) {
    // nop
  }

  behavior_type make_behavior() override {
    send(lower_, rdma::source{{},
                              {},
                              std::move(data_),
                              caf::actor_cast<rdma::transfer_owner>(this),
                              {}});
    return {
      [this](rdma::wait_atom) {
        waiting_ = make_response_promise<rdma::report>();
        answer();
        return waiting_;
      },
      [this](const rdma::transfer_settled&) {
        ended_ = true;
        answer();
      },
      [this](rdma::dropped_atom) {
        send(listener_, rdma::ended_atom_v, uint64_t{id()});
        quit();
      },
      // Nobody sends these.
      [](rdma::metadata_atom) { return rdma::metadata{}; },
      [](rdma::status_atom) { return rdma::report{}; },
      [](rdma::cancel_atom) { return rdma::report{}; },
      [](rdma::cancel_atom, const std::string&) { return rdma::report{}; },
      [](rdma::renew_atom, caf::timespan) {},
      [](rdma::start_atom) { return rdma::report{}; },
      [](rdma::start_atom, const std::string&) { return rdma::report{}; },
      [](rdma::shutdown_atom, const caf::error&) {},
      [](rdma::deadline_atom) {},
      [](rdma::grace_atom) {},
      [](rdma::await_atom) {},
      [](const rdma::transfer_claimed&) {},
      [](const rdma::transfer_progress&) {},
      [](const rdma::transfer_landed&) {},
      [](const rdma::transfer_failed&) {},
      [](const rdma::frame&) {},
    };
  }

private:
  void answer() {
    if (!ended_ || !waiting_.pending())
      return;
    waiting_.deliver(rdma::report{});
  }

  transport_actor lower_;
  rdma::operation_home listener_;
  rdma::descriptor_list data_;
  caf::typed_response_promise<rdma::report> waiting_;
  bool ended_ = false;
};

// -- connector ---------------------------------------------------------------

using connector_base = rdma::hosted_actor<rdma::connector_actor::extend<
  caf::result<void>(rdma::ended_atom, uint64_t),
  caf::result<void>(rdma::final_atom, uint64_t)>::base>;

class connector : public connector_base {
public:
  explicit connector(caf::actor_config& cfg) : connector_base(cfg) {
    // nop
  }

  behavior_type make_behavior() override {
    using rdma::descriptor_list;
    using rdma::metadata;
    using rdma::operation_options;
    auto refuse = []() -> caf::result<rdma::operation> {
      return caf::make_error(caf::sec::invalid_argument);
    };
    lower_ = loop().spawn<transport>();
    return {
      [](rdma::ended_atom, uint64_t) {},
      [](rdma::final_atom, uint64_t) {},
      [this](rdma::begin_write_atom, descriptor_list& data, const metadata&) {
        return begin(std::move(data));
      },
      [refuse](rdma::begin_write_atom, const descriptor_list&, const metadata&,
               const operation_options&) { return refuse(); },
      [refuse](rdma::begin_read_atom, const metadata&, const descriptor_list&) {
        return refuse();
      },
      [refuse](rdma::begin_read_atom, const metadata&, const descriptor_list&,
               const operation_options&) { return refuse(); },
      [refuse](rdma::create_writable_atom, const descriptor_list&) {
        return refuse();
      },
      [refuse](rdma::create_writable_atom, const descriptor_list&,
               const operation_options&) { return refuse(); },
      [refuse](rdma::create_readable_atom, const descriptor_list&) {
        return refuse();
      },
      [refuse](rdma::create_readable_atom, const descriptor_list&,
               const operation_options&) { return refuse(); },
      [](rdma::prepare_write_atom, const descriptor_list&, const metadata&,
         const operation_options&) { return rdma::prepared_operation{}; },
      [](rdma::prepare_read_atom, const metadata&, const descriptor_list&,
         const operation_options&) { return rdma::prepared_operation{}; },
    };
  }

private:
  rdma::operation begin(rdma::descriptor_list data) {
    auto hdl = loop().spawn<operation>(
      lower_, caf::actor_cast<rdma::operation_home>(this), std::move(data));
    return rdma::operation{rdma::detail::make_proxy<rdma::operation_actor>(
      home_system(), caf::actor_cast<caf::strong_actor_ptr>(hdl),
      loop().inbox())};
  }

  transport_actor lower_;
};

} // namespace

rdma::connector_actor spawn_bare_connector(rdma::progress_loop& loop) {
  return caf::actor_cast<rdma::connector_actor>(loop.spawn<connector>());
}

} // namespace transfer_bench
