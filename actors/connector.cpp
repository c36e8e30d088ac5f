// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/connector.hpp"

#include "caf_rdma/actors/read_operation.hpp"
#include "caf_rdma/actors/readable_operation.hpp"
#include "caf_rdma/actors/writable_operation.hpp"
#include "caf_rdma/actors/write_operation.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>

namespace rdma {

connector_state::connector_state(actor_base* self, std::string label,
                                 transport_actor transport, worker_info worker,
                                 runtime_options options)
  : self_(self),
    label_(std::move(label)),
    transport_(std::move(transport)),
    worker_(std::move(worker)),
    options_(std::move(options)),
    metrics_(std::make_shared<operation_metrics>(self->home_system())) {
  // nop
}

connector_impl::behavior_type connector_state::make_behavior() {
  return {
    // CAF looks for a handler from the top: the hot ones come first.
    [this](ended_atom, uint64_t id) {
      if (operations_.erase(id) == 0)
        forget_peer(id);
    },
    // -- active operations ---------------------------------------------------
    [this](begin_write_atom, descriptor_list& local, const metadata& remote) {
      return begin<write_operation>(std::move(local), access_mode::source,
                                    remote, operation_kind::writable, {});
    },
    [this](begin_write_atom, descriptor_list& local, const metadata& remote,
           const operation_options& opts) {
      return begin<write_operation>(std::move(local), access_mode::source,
                                    remote, operation_kind::writable, opts);
    },
    [this](begin_read_atom, const metadata& remote, descriptor_list& local) {
      return begin<read_operation>(std::move(local), access_mode::destination,
                                   remote, operation_kind::readable, {});
    },
    [this](begin_read_atom, const metadata& remote, descriptor_list& local,
           const operation_options& opts) {
      return begin<read_operation>(std::move(local), access_mode::destination,
                                   remote, operation_kind::readable, opts);
    },
    // -- passive operations --------------------------------------------------
    [this](create_writable_atom, descriptor_list& local) {
      return create<writable_operation>(std::move(local),
                                        access_mode::destination, {});
    },
    [this](create_writable_atom, descriptor_list& local,
           const operation_options& opts) {
      return create<writable_operation>(std::move(local),
                                        access_mode::destination, opts);
    },
    [this](create_readable_atom, descriptor_list& local) {
      return create<readable_operation>(std::move(local), access_mode::source,
                                        {});
    },
    [this](create_readable_atom, descriptor_list& local,
           const operation_options& opts) {
      return create<readable_operation>(std::move(local), access_mode::source,
                                        opts);
    },
    // -- life ----------------------------------------------------------------
    [this](link_atom, uint64_t id, const link_info& x) {
      if (auto i = find_peer(id); i != peers_.end())
        i->second.link = x;
    },
    [this](dropped_atom) {
      end_all(local_end(errc::cancelled, "the connector was dropped"),
              [this] { self_->quit(); });
    },
    [this](shutdown_atom) {
      auto promise = self_->make_response_promise<void>();
      end_all(local_end(errc::shutting_down, {}),
              [promise]() mutable { promise.deliver(); });
      return promise;
    },
  };
}

// -- operations --------------------------------------------------------------

caf::expected<operation_setup>
connector_state::prepare(descriptor_list local, access_mode use,
                         caf::timespan deadline,
                         const operation_options& opts) {
  if (closed_)
    return make_error(errc::shutting_down,
                      "connector " + label_ + " is closed");
  if (operations_.size() >= options_.max_operations)
    return make_error(errc::limit_reached,
                      "connector " + label_ + " already has "
                        + std::to_string(operations_.size())
                        + " operations (rdma.max-operations)");
  if (auto err = check(local, use, options_.max_descriptors); err != caf::none)
    return err;
  for (auto& x : local)
    if (x.device() != cpu)
      return make_error(errc::unsupported_device,
                        "this runtime cannot reach " + to_string(x.device()));
  if (opts.deadline < caf::timespan{0})
    return make_error(errc::invalid_option, "the deadline is negative");
  operation_setup result;
  result.transport = transport_;
  result.metrics = metrics_;
  result.listener
    = caf::actor_cast<operation_listener>(caf::strong_actor_ptr{self_->ctrl()});
  result.local = std::move(local);
  result.deadline = opts.deadline > caf::timespan{0} ? opts.deadline : deadline;
  result.grace = options_.grace;
  return result;
}

template <class Operation>
caf::result<operation> connector_state::create(descriptor_list local,
                                               access_mode use,
                                               const operation_options& opts) {
  auto setup = prepare(std::move(local), use, options_.passive_deadline, opts);
  if (!setup)
    return std::move(setup.error());
  return spawn<Operation>(std::move(*setup), worker_);
}

template <class Operation>
caf::result<operation>
connector_state::begin(descriptor_list local, access_mode use,
                       const metadata& remote, operation_kind kind,
                       const operation_options& opts) {
  if (auto err = check(remote); err != caf::none)
    return err;
  if (remote.kind != kind)
    return make_error(errc::kind_mismatch,
                      "metadata of a " + to_string(remote.kind)
                        + " operation, need a " + to_string(kind) + " one");
  auto setup = prepare(std::move(local), use, options_.active_deadline, opts);
  if (!setup)
    return std::move(setup.error());
  if (auto err = check_pairs(setup->local, remote.descriptors);
      err != caf::none)
    return err;
  auto& [peer, link] = this->peer(remote.worker);
  return spawn<Operation>(std::move(*setup),
                          remote_operation{peer, link, remote.worker.id,
                                           remote.secret});
}

template <class Operation, class Extra>
operation connector_state::spawn(operation_setup setup, Extra extra) {
  auto hdl = self_->loop().spawn<operation_actor_impl<Operation>>(
    std::move(setup), std::move(extra));
  operations_.emplace(hdl->id(), hdl);
  return operation{detail::make_proxy<operation_actor>(
    self_->home_system(), caf::actor_cast<caf::strong_actor_ptr>(hdl),
    self_->loop().inbox())};
}

connector_state::known_peer& connector_state::peer(const worker_info& remote) {
  auto& result = peers_[remote.incarnation];
  if (!result.actor)
    result.actor = self_->loop().spawn<peer_impl>(
      transport_, remote,
      caf::actor_cast<peer_listener>(caf::strong_actor_ptr{self_->ctrl()}));
  return result;
}

connector_state::peer_map::iterator connector_state::find_peer(uint64_t id) {
  return std::find_if(peers_.begin(), peers_.end(),
                      [id](auto& kvp) { return kvp.second.actor->id() == id; });
}

// A worker that restarts has a new incarnation each time.
void connector_state::forget_peer(uint64_t id) {
  auto i = find_peer(id);
  if (i == peers_.end())
    return;
  self_->send(i->second.actor, dropped_atom_v);
  peers_.erase(i);
}

// -- the end -----------------------------------------------------------------

void connector_state::end_all(const caf::error& reason,
                              std::function<void()> done) {
  closed_ = true;
  auto finish = [this, done = std::move(done)] {
    for (auto& [incarnation, x] : peers_)
      self_->send_exit(x.actor, caf::exit_reason::user_shutdown);
    peers_.clear();
    done();
  };
  if (operations_.empty()) {
    finish();
    return;
  }
  auto left = std::make_shared<size_t>(operations_.size());
  auto one_less = [left, finish] {
    if (--*left == 0)
      finish();
  };
  for (auto& [id, x] : operations_)
    self_->request(x, caf::infinite, shutdown_atom_v, reason)
      .then(one_less, [one_less](const caf::error&) { one_less(); });
}

} // namespace rdma
