// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/runtime.hpp"

#include "caf_rdma/actors/connectors/connector_state.hpp"
#include "caf_rdma/actors/detail/handle_proxy.hpp"
#include "caf_rdma/actors/detail/system_guard.hpp"
#include "caf_rdma/transport/ucx_transport.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <unistd.h>

#include <array>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace rdma {

namespace {

std::string default_worker_id() {
  std::array<char, 128> host{};
  gethostname(host.data(), host.size() - 1);
  return std::string{host.data()} + "-" + std::to_string(getpid()) + "-"
         + std::to_string(make_random_id() % 100000);
}

progress_loop::options loop_options(const runtime_options& x) {
  progress_loop::options result;
  result.spin = x.busy_poll ? caf::infinite : x.spin;
  return result;
}

} // namespace

class runtime::impl {
public:
  impl(caf::actor_system& sys, runtime_options opts,
       std::unique_ptr<progress_loop> loop_ptr)
    : system(sys),
      options(std::move(opts)),
      guard(sys),
      owned_loop(std::move(loop_ptr)),
      loop(*owned_loop) {
    // nop
  }

  ~impl() {
    if (ucx.handle)
      end_all();
    if (ucx.memory)
      ucx.memory->retire();
    loop.stop();
  }

  connector_actor spawn_connector(std::string name,
                                  const connector_options& opts) {
    auto hdl = loop.spawn<connector_actor_impl>(std::move(name), ucx.handle,
                                                ucx.self, merge(options, opts),
                                                ucx.gpus);
    auto ptr = caf::actor_cast<caf::strong_actor_ptr>(hdl);
    {
      std::lock_guard guard{mutex};
      std::erase_if(connectors, [](auto& x) { return !x.lock(); });
      connectors.emplace_back(ptr.get());
    }
    return detail::make_proxy<connector_actor>(system, std::move(ptr),
                                               loop.inbox());
  }

  caf::actor_system& system;
  runtime_options options;
  detail::system_guard guard; // dies after the loop
  std::unique_ptr<progress_loop> owned_loop;
  progress_loop& loop;
  ucx_transport ucx;

private:
  // Operations first, so that they can tell their peers; then the links, by
  // force, which ends what peers have kept from ending. The transport goes
  // before those who are killed at last: then nothing touches their memory.
  void end_all() {
    caf::scoped_actor self{system};
    auto all = living_connectors();
    // An operation waits for its peer for one `grace`.
    auto late = shut_down(*self.ptr(), all, options.grace + options.grace / 2);
    auto ignore = [](const caf::error&) {};
    self->request(ucx.handle, options.grace, shutdown_atom_v)
      .receive([] {}, ignore);
    shut_down(*self.ptr(), late, options.grace / 2);
    self->monitor(ucx.handle);
    self->send_exit(ucx.handle, caf::exit_reason::kill);
    self->receive([](const caf::down_msg&) {});
  }

  std::vector<connector_impl> living_connectors() {
    std::lock_guard guard{mutex};
    std::vector<connector_impl> result;
    for (auto& x : connectors)
      if (auto ptr = x.lock())
        result.push_back(caf::actor_cast<connector_impl>(ptr));
    return result;
  }

  /// Ends the operations of connectors. Returns those that are not through in
  /// time.
  std::vector<connector_impl> shut_down(caf::blocking_actor& self,
                                        const std::vector<connector_impl>& xs,
                                        caf::timespan limit) {
    std::vector<connector_impl> late;
    auto ask = [&](const connector_impl& x) {
      return self.request(x, limit, shutdown_atom_v);
    };
    std::vector<decltype(ask(xs.front()))> answers;
    for (auto& x : xs)
      answers.push_back(ask(x));
    for (size_t i = 0; i < xs.size(); ++i)
      answers[i].receive([] {},
                         [&](const caf::error& err) {
                           if (err == caf::sec::request_timeout)
                             late.push_back(xs[i]);
                         });
    return late;
  }

  std::mutex mutex;
  std::vector<caf::weak_actor_ptr> connectors;
};

// -- construction, destruction -----------------------------------------------

caf::expected<runtime> runtime::make(caf::actor_system& sys) {
  return make(sys, runtime_options::from(sys.config()));
}

caf::expected<runtime> runtime::make(caf::actor_system& sys,
                                     runtime_options options) {
  if (auto err = check(options); err != caf::none)
    return err;
  if (options.worker_id.empty())
    options.worker_id = default_worker_id();
  auto loop = progress_loop::make(sys, loop_options(options));
  if (!loop)
    return std::move(loop.error());
  auto x = std::make_unique<impl>(sys, std::move(options), std::move(*loop));
  x->loop.start("rdma.loop");
  auto ucx = spawn_ucx_transport(x->loop, x->options.transport,
                                 x->options.worker_id);
  if (!ucx)
    return std::move(ucx.error());
  x->ucx = std::move(*ucx);
  return runtime{std::move(x)};
}

runtime::runtime(std::unique_ptr<impl> x) noexcept : impl_(std::move(x)) {
  // nop
}

runtime::runtime(runtime&& other) noexcept = default;

runtime::~runtime() {
  if (!impl_ || !impl_->loop.in_loop())
    return;
  // Counts as an actor, so that the system's destructor waits for it.
  auto& registry = impl_->system.registry();
  registry.inc_running();
  std::thread{[x = std::move(impl_), &registry]() mutable {
    x.reset();
    registry.dec_running();
  }}.detach();
}

// -- properties --------------------------------------------------------------

const std::string& runtime::worker_id() const noexcept {
  return impl_->ucx.self.id;
}

const std::string& runtime::ucx_version() const noexcept {
  return impl_->ucx.version;
}

const std::string& runtime::lanes() const noexcept {
  return impl_->ucx.lanes;
}

// -- operations --------------------------------------------------------------

connector_actor runtime::spawn_connector(std::string name,
                                         const connector_options& opts) {
  return impl_->spawn_connector(std::move(name), opts);
}

caf::expected<descriptor> runtime::allocate(size_t size) {
  return impl_->ucx.memory->allocate(size);
}

void runtime::watch_links(const link_listener& listener) {
  caf::anon_send(impl_->ucx.handle, watch_atom_v,
                 caf::actor_cast<caf::actor_addr>(listener));
}

progress_loop& runtime::loop() noexcept {
  return impl_->loop;
}

} // namespace rdma
