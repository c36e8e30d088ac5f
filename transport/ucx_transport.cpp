// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx_transport.hpp"

#include "caf_rdma/transport/hosted.hpp"
#include "caf_rdma/transport/link_table.hpp"
#include "caf_rdma/transport/local_lane.hpp"
#include "caf_rdma/transport/self_link.hpp"
#include "caf_rdma/transport/transfer_table.hpp"
#include "caf_rdma/transport/ucx/engine.hpp"
#include "caf_rdma/transport/ucx_lane.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <ucp/api/ucp.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace rdma {

namespace {

using actor_base = hosted<transport_actor::base>;

class transport_state : public poller {
public:
  static inline const char* name = "rdma.transport";

  transport_state(actor_base* self, std::unique_ptr<ucx::engine> ucx,
                  transport_options options);

  ~transport_state() override;

  transport_actor::behavior_type make_behavior();

  // -- overrides of poller ---------------------------------------------------

  size_t progress() override;

  bool arm() override;

  int fd() const noexcept override {
    return ucx_->worker.fd();
  }

private:
  // Time that links may take to come up after a shutdown.
  static constexpr auto max_linger = std::chrono::milliseconds{300};

  struct arrival {
    frame what;
    ucp_ep_h reply = nullptr;
    // Of an offer that has come before its link is up: UCX's handle for data
    // that waits at the source, or the data.
    void* held = nullptr;
    std::vector<std::byte> data;
  };

  static ucs_status_t on_message(void* arg, const void* header,
                                 size_t header_size, void* data, size_t size,
                                 const ucp_am_recv_param_t* param);

  ucs_status_t receive(frame x, void* data, size_t size,
                       const ucp_am_recv_param_t* param);

  ucs_status_t postpone(frame x, void* data, size_t size, bool rendezvous);

  void dispatch(arrival& x);

  void dispatch_postponed(ucx_link* from, arrival& x);

  void hold_in_place(ucx_link& from, const frame& x);

  void settle();

  link* find(link_id id);

  void connect(worker_info to, ucx_link::client client);

  void schedule_tick();

  actor_base* self_;
  std::unique_ptr<ucx::engine> ucx_;
  transport_options options_;
  ucx::request_pool pool_;
  ucx_lane ucx_lane_;
  local_lane local_lane_;
  local::cell_pool cells_; // outlives the sources
  transfer_table transfers_;
  link_table links_;
  self_link active_self_;
  self_link passive_self_;
  std::vector<arrival> arrivals_;
  progress_loop::timer_id tick_;
  caf::typed_response_promise<void> shutdown_;
  progress_loop::timer_id linger_;
  bool shutting_down_ = false;
};

transport_state::transport_state(actor_base* self,
                                 std::unique_ptr<ucx::engine> ucx,
                                 transport_options options)
  : self_(self),
    ucx_(std::move(ucx)),
    options_(std::move(options)),
    ucx_lane_(ucx_->worker.get(), pool_),
    local_lane_(options_.local_piece_size),
    transfers_(
      options_, [this](link_id id) { return find(id); },
      [this](link_id id) {
        if (auto* x = links_.find(id))
          x->last_heard = self_->loop().now();
      },
      [this] { return self_->loop().now(); }),
    links_(options_, self->loop(), pool_, ucx_->worker, ucx_->self, cells_,
           [this](ucx_link& x, const caf::error& reason) {
             transfers_.fail(x.id(), reason);
           }),
    active_self_(make_random_id(), ucx_->self.id, transfers_),
    passive_self_(make_random_id(), ucx_->self.id, transfers_) {
  self_link::join(active_self_, passive_self_);
}

// Killed without a shutdown: nobody is told, but UCX lets go of all memory
// before its handles are destroyed.
transport_state::~transport_state() {
  self_->loop().cancel(tick_);
  self_->loop().cancel(linger_);
  self_->loop().set_poller(nullptr);
  transfers_.abandon();
  links_.abandon();
  while (pool_.busy() > 0)
    ucx_->worker.progress();
}

transport_actor::behavior_type transport_state::make_behavior() {
  auto err = ucx_->worker.receive(frame_message_id, on_message, this);
  if (err != caf::none) {
    self_->quit(err);
    return transport_actor::behavior_type::make_empty_behavior();
  }
  self_->loop().set_poller(this);
  schedule_tick();
  return {
    [this](source& x) { transfers_.start(std::move(x)); },
    [this](sink& x) { transfers_.install(std::move(x)); },
    [this](frame& x) {
      if (auto* to = find(x.link_id))
        to->send(std::move(x));
    },
    [this](connect_atom, worker_info& to, link_watcher& watcher) {
      auto promise = self_->make_response_promise<link_info>();
      connect(std::move(to), {promise, std::move(watcher)});
      return promise;
    },
    [this](const withdrawal& x) {
      auto promise = self_->make_response_promise<void>();
      transfers_.withdraw(x, [promise]() mutable { promise.deliver(); });
      return promise;
    },
    [this](reset_atom, link_id id, caf::error& reason) {
      links_.fail(id, reason);
    },
    [this](shutdown_atom) {
      shutdown_ = self_->make_response_promise<void>();
      shutting_down_ = true;
      auto reason = make_error(errc::shutting_down, "runtime shuts down");
      links_.close_all(reason);
      linger_ = self_->loop().after(max_linger, [this] { links_.abandon(); });
      transfers_.fail(active_self_.id(), reason);
      transfers_.fail(passive_self_.id(), reason);
      return shutdown_;
    },
  };
}

void transport_state::schedule_tick() {
  tick_ = self_->loop().after(options_.heartbeat, [this] {
    links_.tick();
    schedule_tick();
  });
}

// -- requests ----------------------------------------------------------------

link* transport_state::find(link_id id) {
  if (id == active_self_.id())
    return &active_self_;
  if (id == passive_self_.id())
    return &passive_self_;
  return links_.find(id);
}

void transport_state::connect(worker_info to, ucx_link::client client) {
  if (shutting_down_)
    client.promise.deliver(
      make_error(errc::shutting_down, "runtime shuts down"));
  else if (to.incarnation == ucx_->self.incarnation)
    client.promise.deliver(link_info{active_self_.id(), active_self_.lane()});
  else
    links_.connect(std::move(to), std::move(client));
}

// -- frames ------------------------------------------------------------------

ucs_status_t transport_state::on_message(void* arg, const void* header,
                                         size_t header_size, void* data,
                                         size_t size,
                                         const ucp_am_recv_param_t* param) {
  auto* self = static_cast<transport_state*>(arg);
  auto frames = std::span{static_cast<const std::byte*>(header), header_size};
  if (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) {
    auto x = decode_frame(frames);
    return x ? self->receive(std::move(*x), data, size, param)
             : UCS_ERR_REJECTED;
  }
  auto* bytes = static_cast<std::byte*>(data);
  while (auto n = first_frame_size(frames)) {
    auto x = decode_frame(frames.first(n));
    if (!x)
      break; // nobody knows where the data of the others begin
    frames = frames.subspan(n);
    auto* chunk = std::get_if<offer>(&x->content);
    // The last offer gets what is left, so that a wrong size is seen.
    auto length = chunk == nullptr || chunk->in_place() ? 0
                  : frames.empty()                      ? size
                                   : std::min<size_t>(size, chunk->length);
    self->receive(std::move(*x), bytes, length, param);
    bytes += length;
    size -= length;
  }
  return UCS_OK; // UCX asserts that an eager message is not rejected
}

ucs_status_t transport_state::receive(frame x, void* data, size_t size,
                                      const ucp_am_recv_param_t* param) {
  auto rendezvous = (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0;
  auto refused = rendezvous ? UCS_ERR_REJECTED : UCS_OK;
  // Offers are handled before the frames that have come with them; the lane
  // must be known by then.
  if (auto* verdict = std::get_if<local_verdict>(&x.content))
    if (auto* from = links_.find(x.link_id))
      from->local.conclude(*verdict);
  if (!std::holds_alternative<offer>(x.content)) {
    auto reply = (param->recv_attr & UCP_AM_RECV_ATTR_FIELD_REPLY_EP)
                   ? param->reply_ep
                   : nullptr;
    arrivals_.push_back({std::move(x), reply, nullptr, {}});
    return refused;
  }
  auto* from = links_.find(x.link_id);
  if (from == nullptr)
    return links_.connecting(x.link_id)
             ? postpone(std::move(x), data, size, rendezvous)
             : refused;
  from->last_heard = self_->loop().now();
  if (rendezvous)
    return transfers_.grants().hold(*from, ucx_lane_, x, {data, size})
             ? UCS_INPROGRESS
             : refused;
  if (std::get<offer>(x.content).in_place()) {
    hold_in_place(*from, x);
    return UCS_OK;
  }
  transfers_.grants().take(*from, x, size, [data, size](auto write) {
    write(std::span{static_cast<const std::byte*>(data), size});
  });
  return UCS_OK;
}

// Of a peer whose memory we have never read there is no process: such an offer
// is held, too, and fails.
void transport_state::hold_in_place(ucx_link& from, const frame& x) {
  auto held = local_lane_.hold(from.local.process(),
                               std::get<offer>(x.content));
  if (!transfers_.grants().hold(from, local_lane_, x, held))
    local_lane_.drop(held);
}

// The frame that brings the link up has come, but must not be handled within
// UCX's progress. The offer waits its turn behind it.
ucs_status_t transport_state::postpone(frame x, void* data, size_t size,
                                       bool rendezvous) {
  arrivals_.push_back({std::move(x), nullptr, nullptr, {}});
  auto& y = arrivals_.back();
  if (rendezvous) {
    y.held = data;
    return UCS_INPROGRESS;
  }
  auto* bytes = static_cast<const std::byte*>(data);
  y.data.assign(bytes, bytes + size);
  return UCS_OK;
}

void transport_state::dispatch(arrival& x) {
  links_.receive(x.what, x.reply);
  auto* from = links_.find(x.what.link_id);
  if (std::holds_alternative<offer>(x.what.content))
    dispatch_postponed(from, x);
  else if (from != nullptr)
    transfers_.receive(*from, x.what);
}

void transport_state::dispatch_postponed(ucx_link* from, arrival& x) {
  if (x.held != nullptr) {
    held_bytes held{x.held, std::get<offer>(x.what.content).length};
    if (from == nullptr
        || !transfers_.grants().hold(*from, ucx_lane_, x.what, held))
      ucx_lane_.drop(held);
  } else if (from != nullptr && std::get<offer>(x.what.content).in_place()) {
    hold_in_place(*from, x.what);
  } else if (from != nullptr) {
    transfers_.grants().take(*from, x.what, x.data.size(), [&x](auto write) {
      write(std::span{std::as_const(x.data)});
    });
  }
}

// -- progress ----------------------------------------------------------------

size_t transport_state::progress() {
  links_.flush();
  size_t events = ucx_->worker.progress();
  for (auto& x : std::exchange(arrivals_, {})) {
    dispatch(x);
    ++events;
  }
  settle();
  if (auto pieces = local_lane_.progress(); pieces > 0) {
    events += pieces;
    settle(); // the source of what has landed need not wait for a round
  }
  events += active_self_.progress();
  events += passive_self_.progress();
  links_.flush();
  if (shutting_down_ && links_.size() == 0 && pool_.busy() == 0
      && shutdown_.pending()) {
    shutdown_.deliver();
    ++events;
  }
  return events;
}

// Does what UCX's callbacks may only ask for.
void transport_state::settle() {
  if (links_.ready())
    links_.reap();
  if (!transfers_.ready())
    return;
  for (auto& [id, reason] : transfers_.settle())
    links_.fail(id, reason);
}

bool transport_state::arm() {
  if (!arrivals_.empty() || links_.ready() || links_.unsent()
      || transfers_.ready() || !local_lane_.idle() || !active_self_.idle()
      || !passive_self_.idle())
    return false;
  return ucx_->worker.arm();
}

} // namespace

// -- spawning ----------------------------------------------------------------

caf::expected<ucx_transport> spawn_ucx_transport(progress_loop& loop,
                                                 transport_options options,
                                                 std::string worker_id) {
  if (auto err = check(options); err != caf::none)
    return err;
  std::promise<caf::expected<ucx_transport>> promise;
  auto result = promise.get_future();
  auto start = [&] {
    auto max_eager_size
      = std::max<uint64_t>(options.rendezvous_threshold, outbox::max_data_size);
    auto ucx = ucx::engine::start(options.tls, max_eager_size,
                                  std::move(worker_id));
    if (!ucx) {
      promise.set_value(std::move(ucx.error()));
      return;
    }
    ucx_transport x;
    x.self = (*ucx)->self;
    x.version = ucx::library_version();
    x.lanes = (*ucx)->context.lanes();
    x.handle = loop.spawn<caf::stateful_actor<transport_state, actor_base>>(
      std::move(*ucx), std::move(options));
    promise.set_value(std::move(x));
  };
  if (loop.in_loop())
    start();
  else if (!loop.post(start))
    return make_error(errc::shutting_down, "the progress loop has stopped");
  return result.get();
}

} // namespace rdma
