// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx_transport.hpp"

#include "caf_rdma/transport/base/log.hpp"
#include "caf_rdma/transport/delivery/frame_receiver.hpp"
#include "caf_rdma/transport/delivery/self_link.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"
#include "caf_rdma/transport/lanes/ucx_lane.hpp"
#include "caf_rdma/transport/links/link_table.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"
#include "caf_rdma/transport/memory/cuda/find_gpus.hpp"
#include "caf_rdma/transport/memory/staging.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"
#include "caf_rdma/transport/transport_metrics.hpp"
#include "caf_rdma/transport/ucx/instance.hpp"
#include "caf_rdma/transport/ucx/registrations.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace rdma {

namespace {

using actor_base = hosted_actor<transport_actor::base>;

/// What the bytes of GPUs travel by.
struct gpu_path : gpu_access {
  // Null if there are no GPUs.
  memory_pool_ptr out;
  memory_pool_ptr in;
};

class transport_state : public poller {
public:
  static inline const char* name = "rdma.transport";

  transport_state(actor_base* self, std::unique_ptr<ucx::instance> ucx,
                  std::shared_ptr<ucx::registrations> memory, gpu_path gpus,
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

  // Entries of tables to look at, and messages to handle, in a round: about
  // two milliseconds.
  static constexpr uint64_t max_steps = 8192;

  // Time that links may take to come up after a shutdown.
  static constexpr auto max_linger = std::chrono::milliseconds{300};

  std::optional<staging> make_staging(const memory_pool_ptr& pool,
                                      copy_direction to);

  /// Takes what the peers have sent, some of it. Returns the number of events.
  size_t receive();

  void settle();

  link* find(link_id id);

  void connect(worker_info to, ucx_link::client client);

  void schedule_tick();

  transport_snapshot take_snapshot();

  /// Counts a round that has done more than it should.
  void watch_round(size_t events);

  actor_base* self_;
  std::unique_ptr<ucx::instance> ucx_;
  std::shared_ptr<ucx::registrations> memory_;
  transport_options options_;
  ucx::request_pool pool_;
  ucx_lane ucx_lane_;
  local_lane local_lane_;
  gpu_path gpus_;
  std::optional<staging> staging_out_;
  std::optional<staging> staging_in_;
  local::cell_pool cells_; // outlives the sources
  transfer_table transfers_;
  link_table links_;
  frame_receiver receiver_;
  self_link active_self_;
  self_link passive_self_;
  transport_metrics metrics_;
  progress_loop::timer_id tick_;
  caf::typed_response_promise<void> shutdown_;
  progress_loop::timer_id linger_;
  bool shutting_down_ = false;
  size_t rounds_without_ucx_ = 0;
  uint64_t steps_ = 0; // until this round
  uint64_t heavy_rounds_ = 0;
};

transport_state::transport_state(actor_base* self,
                                 std::unique_ptr<ucx::instance> ucx,
                                 std::shared_ptr<ucx::registrations> memory,
                                 gpu_path gpus, transport_options options)
  : self_(self),
    ucx_(std::move(ucx)),
    memory_(std::move(memory)),
    options_(std::move(options)),
    ucx_lane_(ucx_->worker.get(), pool_, gpus.direct),
    local_lane_(options_.local_piece_size),
    gpus_(std::move(gpus)),
    staging_out_(make_staging(gpus_.out, copy_direction::to_host)),
    staging_in_(make_staging(gpus_.in, copy_direction::to_device)),
    transfers_(
      options_, [this](link_id id) { return find(id); },
      [this](link_id id) {
        if (auto* x = links_.find(id))
          x->last_heard = self_->loop().now();
      },
      [this] { return self_->loop().now(); },
      {staging_out_ ? &*staging_out_ : nullptr,
       staging_in_ ? &*staging_in_ : nullptr}),
    links_(
      options_, self->loop(), pool_, ucx_->worker, ucx_->self, cells_,
      gpus_.direct,
      [this](ucx_link& x, const caf::error& reason) {
        transfers_.fail(x.id(), reason);
      },
      [this](link_id id) { receiver_.finish(id); }),
    receiver_(self->loop(), ucx_->worker, links_, transfers_, ucx_lane_,
              local_lane_),
    active_self_(make_random_id(), ucx_->self.id, transfers_),
    passive_self_(make_random_id(), ucx_->self.id, transfers_),
    metrics_(self->home_system().metrics(), ucx_->self.id) {
  self_link::join(active_self_, passive_self_);
}

// Killed without a shutdown: nobody is told, but UCX lets go of all memory
// before its handles are destroyed.
transport_state::~transport_state() {
  metrics_.update(take_snapshot());
  self_->loop().cancel(tick_);
  self_->loop().cancel(linger_);
  self_->loop().set_poller(nullptr);
  transfers_.abandon();
  receiver_.abandon();
  links_.abandon();
  while (pool_.busy() > 0)
    ucx_->worker.progress();
  for (auto* x : {&staging_out_, &staging_in_})
    while (*x && (*x)->busy())
      (*x)->progress();
  memory_->close(); // others may hold it
  for (auto& x : {gpus_.out, gpus_.in})
    if (x)
      x->retire();
}

std::optional<staging>
transport_state::make_staging(const memory_pool_ptr& pool, copy_direction to) {
  if (pool == nullptr)
    return std::nullopt;
  return staging{self_->home_system().metrics(), gpus_.space, pool, to};
}

transport_actor::behavior_type transport_state::make_behavior() {
  auto err = receiver_.listen();
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
      connect(std::move(to),
              {promise, caf::actor_cast<caf::actor_addr>(watcher)});
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
    [this](watch_atom, const caf::actor_addr& listener) {
      links_.watch(listener);
    },
    [this](shutdown_atom) {
      shutdown_ = self_->make_response_promise<void>();
      shutting_down_ = true;
      auto reason = make_error(errc::shutting_down, "runtime shuts down");
      links_.close_all(reason);
      linger_ = self_->loop().after(max_linger, [this] {
        links_.finish();
        links_.abandon();
      });
      transfers_.fail(active_self_.id(), reason);
      transfers_.fail(passive_self_.id(), reason);
      return shutdown_;
    },
  };
}

void transport_state::schedule_tick() {
  tick_ = self_->loop().after(options_.heartbeat, [this] {
    links_.tick();
    metrics_.update(take_snapshot());
    schedule_tick();
  });
}

transport_snapshot transport_state::take_snapshot() {
  auto& loop = self_->loop();
  return {transfers_.statistics(),
          links_.silence(),
          pool_.busy(),
          loop.rounds(),
          loop.sleeps(),
          loop.hosted_actors(),
          loop.ready_actors(),
          loop.take_longest_round(),
          heavy_rounds_};
}

void transport_state::watch_round(size_t events) {
  auto now = transfers_.statistics().steps + local_lane_.steps();
  if (now - steps_ + events > max_steps)
    ++heavy_rounds_;
  steps_ = now;
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

size_t transport_state::receive() {
  auto events = receiver_.receive_rings();
  // Each look at UCX is a system call.
  if (events == 0 || ++rounds_without_ucx_ > max_rounds_without_ucx) {
    events += ucx_->worker.progress();
    rounds_without_ucx_ = 0;
  }
  return events;
}

size_t transport_state::progress() {
  links_.begin_round();
  links_.flush();
  auto events = receiver_.empty() ? receive() : 0;
  events += receiver_.dispatch();
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
  watch_round(events);
  if (shutting_down_ && links_.size() == 0 && !links_.ready()
      && pool_.busy() == 0 && !transfers_.telling() && shutdown_.pending()) {
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
  for (auto& [id, reason] : transfers_.take_refused())
    links_.leave_local(id, reason);
  for (auto& [id, reason] : transfers_.settle())
    links_.fail(id, reason);
}

bool transport_state::arm() {
  if (!receiver_.empty() || links_.ready() || links_.unsent()
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

// Memory that is copied from and to GPUs must be pinned, too.
memory_pool::registrar also_pinned(memory_pool::registrar base,
                                   const memory_space_ptr& space) {
  if (space->empty())
    return base;
  auto result = base;
  result.add = [base, space](std::span<std::byte> x) {
    if (auto err = base.add(x); err != caf::none)
      return err;
    auto err = space->pin(x);
    if (err != caf::none)
      base.remove(x);
    return err;
  };
  result.unmap = [space](std::span<std::byte> x) { space->unpin(x); };
  return result;
}

memory_space_ptr space_for(const transport_options& options) {
  if (options.gpu == "off")
    return make_host_space("rdma.gpu is off");
  return options.space ? options.space : find_gpus();
}

void announce(caf::actor_system& sys, const gpu_path& x) {
  sys.metrics()
    .gauge_singleton("rdma.gpu", "direct",
                     "1 if UCX moves the bytes of GPUs itself.")
    ->value(x.direct ? 1 : 0);
  auto how = x.space->empty() ? "" : x.direct ? ", direct" : ", staged";
  log_info(sys, "GPUs: " + x.space->description() + how);
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
    auto ucx = ucx::instance::start(options.tls, max_eager_size,
                                    std::move(worker_id));
    if (!ucx) {
      promise.set_value(std::move(ucx.error()));
      return;
    }
    ucx_transport x;
    x.self = (*ucx)->self;
    x.version = ucx::library_version();
    x.lanes = (*ucx)->context.lanes();
    for (auto& wish : (*ucx)->context.overruled())
      log_info(loop.system(), wish
                                + " is not used: it does not work with "
                                  "caf-rdma");
    auto memory = std::make_shared<ucx::registrations>((*ucx)->context.get());
    gpu_path gpus;
    gpus.space = space_for(options);
    gpus.direct = !gpus.space->empty() && options.gpu != "staged"
                  && (*ucx)->context.moves_cuda_memory();
    auto& metrics = loop.system().metrics();
    auto registrar = also_pinned(registrar_on(loop, memory), gpus.space);
    if (!gpus.space->empty())
      for (auto* pool : {&gpus.out, &gpus.in})
        *pool = memory_pool::make(metrics, registrar, options.max_staging_bytes,
                                  "rdma.max-staging-bytes");
    announce(loop.system(), gpus);
    x.memory = memory_pool::make(metrics, registrar, options.max_pool_bytes);
    x.gpus = gpus;
    x.handle = loop.spawn<caf::stateful_actor<transport_state, actor_base>>(
      std::move(*ucx), std::move(memory), std::move(gpus), std::move(options));
    promise.set_value(std::move(x));
  };
  if (loop.in_loop())
    start();
  else if (!loop.post(start))
    return make_error(errc::shutting_down, "the progress loop has stopped");
  return result.get();
}

} // namespace rdma
