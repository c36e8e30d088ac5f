// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx_transport.hpp"

#include "caf_rdma/transport/arrivals.hpp"
#include "caf_rdma/transport/hosted.hpp"
#include "caf_rdma/transport/link_table.hpp"
#include "caf_rdma/transport/local_lane.hpp"
#include "caf_rdma/transport/self_link.hpp"
#include "caf_rdma/transport/transfer_table.hpp"
#include "caf_rdma/transport/ucx/engine.hpp"
#include "caf_rdma/transport/ucx/registrations.hpp"
#include "caf_rdma/transport/ucx_lane.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace rdma {

namespace {

using actor_base = hosted<transport_actor::base>;

class transport_state : public poller {
public:
  static inline const char* name = "rdma.transport";

  transport_state(actor_base* self, std::unique_ptr<ucx::engine> ucx,
                  std::shared_ptr<ucx::registrations> memory,
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
  // Rounds in a row that rings alone may keep busy.
  static constexpr size_t max_rounds_without_ucx = 8;

  // Time that links may take to come up after a shutdown.
  static constexpr auto max_linger = std::chrono::milliseconds{300};

  void settle();

  link* find(link_id id);

  void connect(worker_info to, ucx_link::client client);

  void schedule_tick();

  actor_base* self_;
  std::unique_ptr<ucx::engine> ucx_;
  std::shared_ptr<ucx::registrations> memory_;
  transport_options options_;
  ucx::request_pool pool_;
  ucx_lane ucx_lane_;
  local_lane local_lane_;
  local::cell_pool cells_; // outlives the sources
  transfer_table transfers_;
  link_table links_;
  arrivals arrivals_;
  self_link active_self_;
  self_link passive_self_;
  progress_loop::timer_id tick_;
  caf::typed_response_promise<void> shutdown_;
  progress_loop::timer_id linger_;
  bool shutting_down_ = false;
  size_t rounds_without_ucx_ = 0;
};

transport_state::transport_state(actor_base* self,
                                 std::unique_ptr<ucx::engine> ucx,
                                 std::shared_ptr<ucx::registrations> memory,
                                 transport_options options)
  : self_(self),
    ucx_(std::move(ucx)),
    memory_(std::move(memory)),
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
    arrivals_(self->loop(), ucx_->worker, links_, transfers_, ucx_lane_,
              local_lane_),
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
  memory_->close(); // others may hold it
}

transport_actor::behavior_type transport_state::make_behavior() {
  auto err = arrivals_.listen();
  if (err != caf::none) {
    self_->quit(err);
    return transport_actor::behavior_type::make_empty_behavior();
  }
  self_->loop().set_poller(this);
  schedule_tick();
  return {
    [this](source& x) { transfers_.start(std::move(x)); },
    [this](sink& x) { transfers_.install(std::move(x)); },
    [this](standing_grant& x) { transfers_.install(std::move(x)); },
    [this](frame& x) { transfers_.send(std::move(x)); },
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

// -- progress ----------------------------------------------------------------

size_t transport_state::progress() {
  links_.begin_round();
  links_.flush();
  auto events = arrivals_.receive_rings();
  // Each look at UCX is a system call.
  if (events == 0 || ++rounds_without_ucx_ > max_rounds_without_ucx) {
    events += ucx_->worker.progress();
    rounds_without_ucx_ = 0;
  }
  events += arrivals_.dispatch();
  if (transfers_.grants().take_small_traffic())
    local_lane_.share();
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
  if (links_.ready()) {
    arrivals_.drain_rings();
    links_.reap();
  }
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
  return ucx_->worker.arm() && links_.prepare_sleep();
}

// Only the loop's thread may call UCX.
memory_pool::registrar
registrar_on(progress_loop& loop,
             const std::shared_ptr<ucx::registrations>& memory) {
  auto call = [&loop](auto f) -> caf::error {
    if (loop.in_loop())
      return f();
    std::promise<caf::error> promise;
    auto result = promise.get_future();
    if (!loop.post([&] { promise.set_value(f()); }))
      return make_error(errc::shutting_down, "the progress loop has stopped");
    return result.get();
  };
  memory_pool::registrar result;
  result.add = [=](std::span<std::byte> x) {
    return call([&] { return memory->add(x.data(), x.size()); });
  };
  result.remove = [=](std::span<std::byte> x) {
    // If the loop has stopped nothing is registered any more.
    static_cast<void>(call([&] {
      memory->remove(x.data());
      return caf::error{};
    }));
  };
  return result;
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
    auto max_eager_size = std::max<uint64_t>(options.rendezvous_threshold,
                                             outbox::max_data_size);
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
    auto memory = std::make_shared<ucx::registrations>((*ucx)->context.get());
    x.memory = memory_pool::make(loop.system().metrics(),
                                 registrar_on(loop, memory),
                                 options.max_pool_bytes);
    x.handle = loop.spawn<caf::stateful_actor<transport_state, actor_base>>(
      std::move(*ucx), std::move(memory), std::move(options));
    promise.set_value(std::move(x));
  };
  if (loop.in_loop())
    start();
  else if (!loop.post(start))
    return make_error(errc::shutting_down, "the progress loop has stopped");
  return result.get();
}

} // namespace rdma
