// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/connectors/connector_state.hpp"

#include "caf_rdma/actors/detail/handle_proxy.hpp"

#include "caf_rdma/actors/operations/read_operation.hpp"
#include "caf_rdma/actors/operations/readable_operation.hpp"
#include "caf_rdma/actors/operations/standing_operation.hpp"
#include "caf_rdma/actors/operations/writable_operation.hpp"
#include "caf_rdma/actors/operations/write_operation.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <type_traits>
#include <utility>

namespace rdma {

// -- checking ----------------------------------------------------------------

namespace {

caf::error check_passive(const operation_options& x) {
  if (auto err = check(x.grant, errc::invalid_option); err != caf::none)
    return err;
  if (!x.blocks.empty() || x.notification || x.priority != priority::normal)
    return make_error(errc::invalid_option, "blocks, notifications and "
                                            "priorities are the active "
                                            "side's");
  if (x.grant.standing() && x.sync.signal != nullptr)
    return make_error(errc::invalid_option,
                      "a standing grant cannot signal an event");
  return {};
}

/// Checks what the owner would refuse.
caf::error check_terms(const grant& terms, const operation_options& wanted,
                       const std::string& worker) {
  if (wanted.listener || wanted.grant != grant{})
    return make_error(errc::invalid_option,
                      "grants and listeners are the passive side's");
  if (!valid(wanted.priority))
    return make_error(errc::invalid_option, "a priority that is none");
  if (!terms.workers.empty()
      && std::ranges::find(terms.workers, worker) == terms.workers.end())
    return make_error(errc::not_granted,
                      "the grant is not for worker " + worker);
  if (!wanted.blocks.remote.empty() && !terms.blocks)
    return make_error(errc::not_granted, "the grant is for all of the memory");
  return wanted.notification
           ? check_notification(*wanted.notification, terms.notifications)
           : caf::error{};
}

template <class List>
std::vector<uint64_t> sizes_of(const List& xs) {
  std::vector<uint64_t> result;
  if constexpr (requires { xs[0].size(); })
    std::ranges::transform(xs, std::back_inserter(result),
                           [](auto& x) { return x.size(); });
  else
    std::ranges::transform(xs, std::back_inserter(result),
                           [](auto& x) { return x.size; });
  return result;
}

caf::expected<uint64_t> selected_size(const selection& xs,
                                      const std::vector<uint64_t>& sizes) {
  if (auto err = check(xs, sizes); err != caf::none)
    return err;
  return xs.empty() ? std::accumulate(sizes.begin(), sizes.end(), uint64_t{0})
                    : total_size(xs);
}

/// Checks that both sides name the same number of bytes.
caf::error check_memory(const descriptor_list& local, const metadata& remote,
                        const block_map& blocks) {
  if (blocks.empty())
    return check_pairs(local, remote.descriptors);
  auto here = selected_size(blocks.local, sizes_of(local));
  if (!here)
    return here.error();
  auto there = selected_size(blocks.remote, sizes_of(remote.descriptors));
  if (!there)
    return there.error();
  if (*here != *there)
    return make_error(errc::size_mismatch,
                      "blocks of " + std::to_string(*here) + " B here and of "
                        + std::to_string(*there) + " B at the peer");
  return {};
}

} // namespace

connector_state::connector_state(actor_base* self, std::string label,
                                 transport_actor transport, worker_info worker,
                                 runtime_options options, gpu_access gpus)
  : self_(self),
    label_(std::move(label)),
    transport_(std::move(transport)),
    worker_(std::move(worker)),
    options_(std::move(options)),
    gpus_(std::move(gpus)),
    metrics_(std::make_shared<operation_metrics>(self->home_system())) {
  // nop
}

connector_impl::behavior_type connector_state::make_behavior() {
  return {
    // CAF looks for a handler from the top: the hot ones come first.
    [this](ended_atom, uint64_t id) {
      if (operations_.erase(id) == 0)
        forget_peer(id);
      else
        note_end(id);
    },
    // -- active operations ---------------------------------------------------
    [this](begin_write_atom, descriptor_list& local, const metadata& remote) {
      return begin<operation, write_operation>(std::move(local), remote,
                                               operation_kind::writable, {});
    },
    [this](begin_write_atom, descriptor_list& local, const metadata& remote,
           const operation_options& opts) {
      return begin<operation, write_operation>(std::move(local), remote,
                                               operation_kind::writable, opts);
    },
    [this](begin_read_atom, const metadata& remote, descriptor_list& local) {
      return begin<operation, read_operation>(std::move(local), remote,
                                              operation_kind::readable, {});
    },
    [this](begin_read_atom, const metadata& remote, descriptor_list& local,
           const operation_options& opts) {
      return begin<operation, read_operation>(std::move(local), remote,
                                              operation_kind::readable, opts);
    },
    [this](prepare_write_atom, descriptor_list& local, const metadata& remote,
           const operation_options& opts) {
      return begin<prepared_operation, write_operation>(
        std::move(local), remote, operation_kind::writable, opts);
    },
    [this](prepare_read_atom, const metadata& remote, descriptor_list& local,
           const operation_options& opts) {
      return begin<prepared_operation, read_operation>(std::move(local), remote,
                                                       operation_kind::readable,
                                                       opts);
    },
    // -- passive operations --------------------------------------------------
    [this](create_writable_atom, descriptor_list& local) {
      return create<writable_operation>(std::move(local),
                                        operation_kind::writable, {});
    },
    [this](create_writable_atom, descriptor_list& local,
           const operation_options& opts) {
      return create<writable_operation>(std::move(local),
                                        operation_kind::writable, opts);
    },
    [this](create_readable_atom, descriptor_list& local) {
      return create<readable_operation>(std::move(local),
                                        operation_kind::readable, {});
    },
    [this](create_readable_atom, descriptor_list& local,
           const operation_options& opts) {
      return create<readable_operation>(std::move(local),
                                        operation_kind::readable, opts);
    },
    // -- life ----------------------------------------------------------------
    [this](link_atom, uint64_t id, const link_info& x) {
      if (auto i = find_peer(id); i != peers_.end())
        i->second.link = x;
    },
    [this](link_atom, const worker_info& remote) {
      return self_->delegate(peer(remote).actor, link_atom_v);
    },
    [this](final_atom, uint64_t id) { note_end(id); },
    [this](next_atom) { end_some(); },
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
connector_state::prepare(descriptor_list& local, access_mode use,
                         caf::timespan deadline,
                         const operation_options& opts) {
  if (closed_ != caf::none)
    return make_error(errc::shutting_down,
                      "connector " + label_ + " is closed");
  if (operations_.size() >= options_.max_operations)
    return make_error(errc::limit_reached,
                      "connector " + label_ + " already has "
                        + std::to_string(operations_.size())
                        + " operations (rdma.max-operations)");
  if (auto err = check(local, use, options_.max_descriptors); err != caf::none)
    return err;
  if (auto err = place(*gpus_.space, local); err != caf::none)
    return err;
  if (opts.sync != device_sync{} && gpus_.space->empty())
    return make_error(errc::unsupported_device,
                      "there is no GPU to wait for or to signal: "
                        + gpus_.space->description());
  if (opts.deadline < caf::timespan{0})
    return make_error(errc::invalid_option, "the deadline is negative");
  operation_setup result;
  result.transport = transport_;
  result.metrics = metrics_;
  result.home
    = caf::actor_cast<operation_home>(caf::strong_actor_ptr{self_->ctrl()});
  result.deadline = opts.deadline > caf::timespan{0} ? opts.deadline : deadline;
  result.grace = options_.grace;
  result.gpus = gpus_;
  result.sync = opts.sync;
  return result;
}

template <class Operation>
caf::result<operation> connector_state::create(descriptor_list local,
                                               operation_kind kind,
                                               const operation_options& opts) {
  if (auto err = check_passive(opts); err != caf::none)
    return err;
  auto use = kind == operation_kind::writable ? access_mode::destination
                                              : access_mode::source;
  auto setup = prepare(local, use, options_.passive_deadline, opts);
  if (!setup)
    return std::move(setup.error());
  auto terms = opts.grant;
  terms.notifications = static_cast<bool>(opts.listener);
  auto description = make_metadata(worker_, kind, local, std::move(terms));
  setup->kind = to_string(kind);
  setup->local = block_list{std::move(local)};
  if (!description.terms.standing()) {
    description.terms = {};
    return spawn<operation, Operation>(std::move(*setup),
                                       std::move(description));
  }
  description.terms.lease = setup->deadline == caf::infinite ? caf::timespan{0}
                                                             : setup->deadline;
  return spawn<operation, standing_operation>(
    std::move(*setup), standing_setup{std::move(description), opts.listener});
}

template <class Handle, class Operation>
caf::result<Handle>
connector_state::begin(descriptor_list local, const metadata& remote,
                       operation_kind kind, const operation_options& opts) {
  if (auto err = check(remote); err != caf::none)
    return err;
  if (remote.kind != kind)
    return make_error(errc::kind_mismatch,
                      "metadata of a " + to_string(remote.kind)
                        + " operation, need a " + to_string(kind) + " one");
  if (auto err = check_terms(remote.terms, opts, worker_.id); err != caf::none)
    return err;
  auto use = kind == operation_kind::writable ? access_mode::source
                                              : access_mode::destination;
  auto setup = prepare(local, use, options_.active_deadline, opts);
  if (!setup)
    return std::move(setup.error());
  if (auto err = check_memory(local, remote, opts.blocks); err != caf::none)
    return err;
  setup->kind = kind == operation_kind::writable ? "write" : "read";
  setup->local = block_list{std::move(local)}.select(opts.blocks.local);
  setup->prepared = std::is_same_v<Handle, prepared_operation>;
  return spawn<Handle, Operation>(
    std::move(*setup),
    remote_operation{peer(remote.worker).link, remote.worker, remote.secret,
                     opts.blocks.remote, opts.notification,
                     opts.verify || remote.terms.verify, opts.priority,
                     remote.terms.notifications});
}

template <class Handle, class Operation, class Extra>
Handle connector_state::spawn(operation_setup setup, Extra extra) {
  auto hdl = self_->loop().spawn<operation_actor_impl<Operation>>(
    std::move(setup), std::move(extra));
  operations_.emplace(hdl->id(), hdl);
  return Handle{detail::make_proxy<typename Handle::actor_type>(
    self_->home_system(), caf::actor_cast<caf::strong_actor_ptr>(hdl),
    self_->loop().inbox())};
}

connector_state::known_peer& connector_state::peer(const worker_info& remote) {
  auto& result = peers_[remote.incarnation];
  if (!result.actor) {
    result.actor = self_->loop().spawn<peer_impl>(
      transport_, remote,
      caf::actor_cast<peer_listener>(caf::strong_actor_ptr{self_->ctrl()}));
    incarnations_.emplace(result.actor->id(), remote.incarnation);
  }
  return result;
}

connector_state::peer_map::iterator connector_state::find_peer(uint64_t id) {
  auto i = incarnations_.find(id);
  return i != incarnations_.end() ? peers_.find(i->second) : peers_.end();
}

// A worker that restarts has a new incarnation each time.
void connector_state::forget_peer(uint64_t id) {
  auto i = find_peer(id);
  if (i == peers_.end())
    return;
  self_->send(i->second.actor, dropped_atom_v);
  peers_.erase(i);
  incarnations_.erase(id);
}

// -- the end -----------------------------------------------------------------

void connector_state::end_all(caf::error reason, std::function<void()> done) {
  on_quiet_.push_back(std::move(done));
  if (closed_ == caf::none) {
    closed_ = std::move(reason);
    for (auto& [id, x] : operations_) {
      to_end_.push_back(id);
      open_.insert(id);
    }
  }
  end_some();
}

// They are told, not asked: CAF 0.18 looks through all pending requests of an
// actor for each answer.
void connector_state::end_some() {
  for (size_t n = 0; n < max_ends_per_message && !to_end_.empty(); ++n) {
    if (auto i = operations_.find(to_end_.back()); i != operations_.end())
      self_->send(i->second, shutdown_atom_v, closed_);
    to_end_.pop_back();
  }
  if (!to_end_.empty())
    self_->send(self_, next_atom_v);
  finish_if_quiet();
}

void connector_state::note_end(uint64_t id) {
  open_.erase(id);
  finish_if_quiet();
}

void connector_state::finish_if_quiet() {
  if (!open_.empty() || on_quiet_.empty())
    return;
  for (auto& [incarnation, x] : std::exchange(peers_, {}))
    self_->send_exit(x.actor, caf::exit_reason::user_shutdown);
  incarnations_.clear();
  for (auto& done : std::exchange(on_quiet_, {}))
    done();
}

} // namespace rdma
