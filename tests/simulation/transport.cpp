// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/transport.hpp"

#include <caf/send.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

using rdma::errc;
using rdma::make_error;

namespace rdma_sim {

// -- link --------------------------------------------------------------------

sim_link::sim_link(rdma::link_id id, rdma::worker_info peer,
                   transport_state& home)
  : remote(std::move(peer)), id_(id), home_(home) {
  // nop
}

bool sim_link::local() const noexcept {
  return ((home_.incarnation() ^ remote.incarnation) & 1) != 0;
}

rdma::local::exposure sim_link::expose(const rdma::block_list& data) {
  return in_place() ? home_.expose(data) : rdma::local::exposure{};
}

void sim_link::send(rdma::frame x) {
  x.link_id = remote_id;
  home_.transmit(*this, [bytes = to_bytes(x)](transport_state& to) {
    to.receive_frame(bytes);
  });
}

bool sim_link::post(const rdma::chunk& x, rdma::ucx::request_observer& borrowed,
                    rdma::ucx::request_observer& copied) {
  auto header = to_bytes(rdma::frame{remote_id, x.key.transfer, x.header});
  if (x.header.in_place()) {
    home_.transmit(*this, [header = std::move(header)](transport_state& to) {
      to.receive_in_place(header);
    });
    copied.request_done({x.key.link, x.key.transfer, x.header.length}, 0,
                        UCS_OK);
    return true;
  }
  auto out = std::make_shared<flight>();
  out->header = std::move(header);
  x.data.for_each(x.begin, x.header.length, [&out](std::span<std::byte> piece) {
    out->pieces.push_back(piece);
  });
  out->length = x.header.length;
  out->tag = {x.key.link, x.key.transfer, x.header.length};
  auto has_left = home_.launch(out, *this);
  out->observer = has_left ? &copied : &borrowed;
  return has_left;
}

// -- construction, destruction -----------------------------------------------

transport_state::transport_state(actor_base* self, network& net, dice& random,
                                 rdma::worker_info me,
                                 rdma::transport_options options)
  : self_(self),
    net_(net),
    dice_(random),
    me_(std::move(me)),
    options_(std::move(options)),
    staging_out_(make_staging(rdma::copy_direction::to_host)),
    staging_in_(make_staging(rdma::copy_direction::to_device)),
    cells_(net_.make_cells()),
    transfers_(
      options_,
      [this](rdma::link_id id) -> rdma::link* {
        auto* x = find(id);
        return x != nullptr && x->up() ? x : nullptr;
      },
      [this](rdma::link_id id) {
        if (auto* x = find(id))
          x->last_heard = self_->loop().now();
      },
      [this] { return self_->loop().now(); },
      {staging_out_ ? &*staging_out_ : nullptr,
       staging_in_ ? &*staging_in_ : nullptr}),
    last_tick_(self->loop().now()),
    fd_(::eventfd(0, EFD_CLOEXEC)) {
  net_.join(me_.incarnation, this);
}

std::optional<rdma::staging>
transport_state::make_staging(rdma::copy_direction to) {
  auto space = options_.space;
  if (space == nullptr)
    return std::nullopt;
  rdma::memory_pool::registrar pins;
  pins.add = [space](std::span<std::byte> x) { return space->pin(x); };
  pins.remove = [](std::span<std::byte>) {};
  pins.unmap = [space](std::span<std::byte> x) { space->unpin(x); };
  auto& metrics = self_->home_system().metrics();
  return rdma::staging{
    metrics, space,
    rdma::memory_pool::make(metrics, pins, options_.max_staging_bytes), to};
}

transport_state::~transport_state() {
  self_->loop().cancel(tick_);
  transfers_.abandon();
  ::close(fd_);
}

rdma::transport_actor::behavior_type transport_state::make_behavior() {
  self_->loop().set_poller(this);
  tick();
  return {
    [this](rdma::connect_atom, rdma::worker_info& to,
           rdma::link_watcher& watcher) {
      auto promise = self_->make_response_promise<rdma::link_info>();
      connect(std::move(to), {promise, std::move(watcher)});
      return promise;
    },
    [this](rdma::frame& x) { transfers_.send(std::move(x)); },
    [this](rdma::sink& x) { transfers_.install(std::move(x)); },
    [this](rdma::standing_grant& x) { transfers_.install(std::move(x)); },
    [this](rdma::source& x) { transfers_.start(std::move(x)); },
    [this](const rdma::withdrawal& x) {
      auto promise = self_->make_response_promise<void>();
      transfers_.withdraw(x, [promise]() mutable { promise.deliver(); });
      return promise;
    },
    [](rdma::watch_atom, const caf::actor_addr&) {},
    [this](rdma::reset_atom, rdma::link_id id, caf::error& reason) {
      take_down(id, reason);
    },
    [this](rdma::shutdown_atom) -> caf::result<void> {
      while (!links_.empty())
        take_down(links_.begin()->first,
                  make_error(errc::shutting_down, "runtime shuts down"));
      return caf::unit;
    },
  };
}

// -- links -------------------------------------------------------------------

sim_link* transport_state::find(rdma::link_id id) {
  auto i = links_.find(id);
  return i != links_.end() ? i->second.get() : nullptr;
}

sim_link& transport_state::add(rdma::worker_info peer) {
  auto id = dice_.below(UINT64_MAX - 1) + 1;
  auto& x = links_[id];
  x = std::make_unique<sim_link>(id, std::move(peer), *this);
  x->started = self_->loop().now();
  x->last_heard = x->started;
  return *x;
}

void transport_state::transmit(const sim_link& via, network::item x) {
  if (!dead_)
    net_.send(me_.incarnation, via.remote.incarnation, std::move(x));
}

void transport_state::connect(rdma::worker_info to, sim_link::client client) {
  for (auto& [id, x] : links_)
    if (x->remote == to) {
      if (x->up())
        client.promise.deliver(rdma::link_info{id, x->lane()});
      x->clients.push_back(std::move(client));
      return;
    }
  auto& x = add(std::move(to));
  x.clients.push_back(std::move(client));
  if (!net_.reachable(x.remote.incarnation) && dice_.percent(50)) {
    take_down(x.id(), make_error(errc::peer_unreachable, "nobody is there"));
    return;
  }
  transmit(x, [from = me_, id = x.id()](transport_state& to) {
    to.receive_hello(from, id);
  });
}

void transport_state::receive_hello(const rdma::worker_info& from,
                                    rdma::link_id their_id) {
  sim_link* link = nullptr;
  for (auto& [id, x] : links_)
    if (x->remote.incarnation == from.incarnation)
      link = x.get();
  if (link != nullptr && link->up()) {
    if (link->remote_id == their_id)
      return;
    take_down(link->id(), make_error(errc::link_reset, "a new link was made"));
    link = nullptr;
  }
  if (link == nullptr)
    link = &add(from);
  bring_up(*link, their_id);
  transmit(*link, [their_id, mine = link->id()](transport_state& to) {
    to.receive_ack(their_id, mine);
  });
}

void transport_state::receive_ack(rdma::link_id mine, rdma::link_id theirs) {
  if (auto* x = find(mine); x != nullptr && !x->up())
    bring_up(*x, theirs);
}

void transport_state::bring_up(sim_link& x, rdma::link_id remote) {
  x.remote_id = remote;
  x.last_heard = self_->loop().now();
  for (auto& client : x.clients)
    if (client.promise.pending())
      client.promise.deliver(rdma::link_info{x.id(), x.lane()});
}

void transport_state::take_down(rdma::link_id id, const caf::error& reason) {
  auto* x = find(id);
  if (x == nullptr)
    return;
  transfers_.fail(id, reason);
  for (auto& flight : flights_)
    flight->cancelled = flight->cancelled || flight->source_link == id;
  for (auto& job : fetches_)
    job.closed = job.closed || job.link == id;
  for (auto& client : x->clients) {
    if (client.promise.pending())
      client.promise.deliver(reason);
    else
      caf::anon_send(client.watcher, rdma::link_down{id, reason});
  }
  // The peer may learn of it, or have to find out.
  if (x->up() && dice_.percent(80))
    transmit(*x, [theirs = x->remote_id](transport_state& to) {
      to.take_down(theirs, make_error(errc::peer_lost, "the peer has closed"));
    });
  links_.erase(id);
}

// What it has in flight can no longer be read.
void transport_state::die() {
  net_.leave(me_.incarnation);
  self_->loop().set_poller(nullptr);
  for (auto& x : flights_)
    x->source = nullptr;
  for (auto& x : fetches_)
    tell_source(x.from, UCS_ERR_CONNECTION_RESET);
  dead_ = true;
}

void transport_state::break_link() {
  if (links_.empty())
    return;
  auto i = std::next(links_.begin(),
                     static_cast<ptrdiff_t>(dice_.below(links_.size())));
  take_down(i->first, make_error(errc::peer_lost, "the link broke"));
}

size_t transport_state::break_links(
  const std::function<bool(uint64_t incarnation)>& to) {
  std::vector<rdma::link_id> broken;
  for (auto& [id, x] : links_)
    if (to(x->remote.incarnation))
      broken.push_back(id);
  for (auto id : broken)
    take_down(id, make_error(errc::peer_lost, "the switch broke"));
  return broken.size();
}

void transport_state::tick() {
  auto now = self_->loop().now();
  auto late = now - last_tick_ > 2 * options_.heartbeat;
  last_tick_ = now;
  std::vector<std::pair<rdma::link_id, caf::error>> lost;
  for (auto& [id, x] : links_) {
    if (late)
      x->last_heard = now;
    if (!x->up()) {
      if (now - x->started > options_.connect_timeout)
        lost.emplace_back(id, make_error(errc::peer_unreachable, "no answer"));
    } else if (now - x->last_heard > options_.heartbeat_limit) {
      lost.emplace_back(id, make_error(errc::peer_unresponsive, "silent"));
    } else {
      x->send(rdma::frame{0, 0, rdma::heartbeat{}});
    }
  }
  for (auto& [id, reason] : lost)
    take_down(id, reason);
  tick_ = self_->loop().after(options_.heartbeat, [this] { tick(); });
}

// -- frames and chunks -------------------------------------------------------

void transport_state::receive_frame(std::span<const std::byte> bytes) {
  auto x = rdma::decode_frame(bytes);
  if (!x)
    return;
  auto* from = find(x->link_id);
  if (from == nullptr || !from->up())
    return;
  from->last_heard = self_->loop().now();
  transfers_.receive(*from, *x);
}

bool transport_state::launch(const flight_ptr& x, const sim_link& via) {
  x->source = this;
  x->source_incarnation = me_.incarnation;
  x->source_link = via.id();
  x->rendezvous = dice_.percent(60);
  auto copied = !x->rendezvous && dice_.percent(50);
  if (copied)
    x->depart();
  flights_.push_back(x);
  transmit(via, [x](transport_state& to) { to.receive_chunk(x); });
  return copied;
}

void transport_state::receive_chunk(const flight_ptr& x) {
  auto what = rdma::decode_frame(x->header);
  auto* from = what ? find(what->link_id) : nullptr;
  if (from != nullptr && !from->up())
    from = nullptr;
  if (from != nullptr)
    from->last_heard = self_->loop().now();
  if (x->rendezvous) {
    held_[x.get()] = x;
    if (from == nullptr
        || !transfers_.grants().hold(*from, *this, *what,
                                     {x.get(), x->length})) {
      held_.erase(x.get());
      tell_source(x, UCS_ERR_REJECTED);
    }
    return;
  }
  if (x->data.empty()) {
    if (x->source == nullptr)
      return; // the source was told that it did not leave
    x->depart();
  }
  tell_source(x, UCS_OK);
  if (from != nullptr)
    transfers_.grants().take(*from, *what, x->data.size(), [&x](auto write) {
      write(std::span{std::as_const(x->data)});
    });
}

// The real lane reads the real memory of the other simulated process, which is
// our own.
void transport_state::receive_in_place(std::span<const std::byte> header) {
  auto what = rdma::decode_frame(header);
  auto* from = what ? find(what->link_id) : nullptr;
  if (from == nullptr || !from->up())
    return;
  from->last_heard = self_->loop().now();
  if (!from->may_read()) {
    auto length = std::get<rdma::offer>(what->content).length;
    transfers_.grants().hold(*from, forbidden_lane_, *what, {nullptr, length});
    return;
  }
  auto held = local_lane_.hold(getpid(), std::get<rdma::offer>(what->content));
  if (!transfers_.grants().hold(*from, local_lane_, *what, held))
    local_lane_.drop(held);
}

rdma::local::exposure transport_state::expose(const rdma::block_list& data) {
  return dice_.percent(60) ? rdma::local::exposure{cells_, data}
                           : rdma::local::exposure{};
}

caf::error transport_state::explain(ucs_status_t) const {
  return make_error(errc::peer_lost, "a fetch failed");
}

void transport_state::tell_source(const flight_ptr& x, ucs_status_t status) {
  if (!dead_)
    net_.send(me_.incarnation, x->source_incarnation,
              [x, status](transport_state& to) { to.let_go(x, status); });
}

void transport_state::let_go(const flight_ptr& x, ucs_status_t status) {
  if (std::exchange(x->source, nullptr) == nullptr)
    return;
  std::erase(flights_, x);
  x->observer->request_done(x->tag, 0, status);
}

// -- fetching ----------------------------------------------------------------

void transport_state::fetch(rdma::held_bytes from,
                            const rdma::block_list& target, uint64_t offset,
                            rdma::ucx::request_observer& observer,
                            const rdma::ucx::request_tag& tag) {
  auto node = held_.extract(static_cast<flight*>(from.handle));
  fetch_job job{std::move(node.mapped()), 0, {}, 0, &observer, tag};
  job.link = rdma::decode_frame(job.from->header)->link_id;
  target.for_each(offset, from.length, [&job](std::span<std::byte> piece) {
    job.pieces.push_back(piece);
  });
  fetches_.push_back(std::move(job));
}

void transport_state::drop(rdma::held_bytes x) {
  auto node = held_.extract(static_cast<flight*>(x.handle));
  tell_source(node.mapped(), UCS_OK); // as UCX does
}

bool transport_state::advance(fetch_job& x) {
  auto end = [&](ucs_status_t status) {
    x.observer->request_done(x.tag, x.position, status);
    tell_source(x.from, status);
    return true;
  };
  if (x.position == x.from->length)
    return end(UCS_OK);
  // A forced close takes its time, in which bytes go on arriving.
  if (x.closed && dice_.percent(30))
    return end(UCS_ERR_CANCELED);
  if (x.from->source == nullptr)
    return end(UCS_ERR_ENDPOINT_TIMEOUT);
  for (auto n = dice_.below(8); n > 0 && x.position < x.from->length; --n) {
    x.place(x.from->at(x.position));
    ++x.position;
  }
  return false;
}

void transport_state::fetch_job::place(std::byte value) {
  auto offset = position;
  for (auto piece : pieces) {
    if (offset < piece.size()) {
      piece[offset] = value;
      return;
    }
    offset -= piece.size();
  }
}

// -- progress ----------------------------------------------------------------

size_t transport_state::progress() {
  auto arrived = std::exchange(arrivals_, {});
  for (auto& x : arrived)
    x(*this);
  size_t events = arrived.size();
  // Requests on links that were closed end by and by.
  for (auto& x : std::vector{flights_}) {
    events += x->cancelled;
    if (x->cancelled && dice_.percent(30))
      let_go(x, UCS_ERR_CANCELED);
  }
  events += fetches_.size();
  for (auto& x : std::exchange(fetches_, {}))
    if (!advance(x))
      fetches_.push_back(std::move(x));
  if (dice_.percent(50))
    events += local_lane_.progress();
  events += forbidden_lane_.progress();
  for (auto& [id, reason] : transfers_.take_refused())
    if (auto* x = find(id))
      transmit(*x, [theirs = x->remote_id](transport_state& to) {
        if (auto* link = to.find(theirs))
          link->locked_out = true;
      });
  for (auto& [id, reason] : transfers_.settle(1))
    take_down(id, reason);
  return events + transfers_.ready() + !local_lane_.idle()
         + forbidden_lane_.busy();
}

} // namespace rdma_sim
