// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/link_table.hpp"

#include "caf_rdma/transport/base/log.hpp"
#include "caf_rdma/transport/lanes/local/host_id.hpp"
#include "caf_rdma/transport/ucx/hang_up.hpp"
#include "caf_rdma/transport/ucx/make_error.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace rdma {

namespace {

link_event event_of(const ucx_link& x, const caf::error& reason) {
  return {x.peer(), x.peer_info().incarnation, x.announced ? x.lane() : "",
          reason == caf::none, reason};
}

// UCX does not say which interface it has chosen.
std::string unreachable(const std::string& what) {
  return what
         + ": if it runs, is its port open, and does UCX_NET_DEVICES name "
           "only interfaces that lead there?";
}

} // namespace

// -- construction ------------------------------------------------------------

link_table::link_table(const transport_options& options, progress_loop& loop,
                       ucx::request_pool& pool, ucx::worker& worker,
                       worker_info self, local::cell_pool& cells, bool direct,
                       failure_handler on_failure,
                       last_words_handler on_last_words)
  : options_(options),
    loop_(loop),
    pool_(pool),
    worker_(worker),
    self_(std::move(self)),
    env_{options, pool, cells, direct, {}, {}, {}},
    host_(options.lane == "ucx" ? 0 : local::host_id()),
    on_failure_(std::move(on_failure)),
    on_last_words_(std::move(on_last_words)),
    up_(loop.system().metrics().gauge_family("rdma.links", "up", {"lane"},
                                             "Links to other workers.")),
    ended_(loop.system().metrics().counter_family(
      "rdma.links", "ended", {"code"}, "Links that have ended, and why.", "1",
      true)),
    last_tick_(loop.now()) {
  // nop
}

// -- endpoints and their count -----------------------------------------------

// UCX calls this from within its progress, where nothing may be posted.
void link_table::on_endpoint_error(void* arg, ucp_ep_h ep,
                                   ucs_status_t status) {
  static_cast<link_table*>(arg)->failures_[ep] = status;
}

// UCX 1.13 aborts (tcp_ep.c:478) when it wants to answer on a connection that
// the peer has reset. So it gets the chance to notice that first.
caf::expected<ucx::endpoint> link_table::make_endpoint(const worker_info& to) {
  worker_.progress();
  ++endpoint_count(to);
  auto ep = ucx::endpoint::make(worker_, to.address, on_endpoint_error, this);
  if (!ep)
    return make_error(errc::peer_unreachable,
                      unreachable("cannot reach " + to.id) + ' '
                        + reason_of(ep.error()));
  return ep;
}

// Makes endpoints that pair with the peer's missed ones, and closes them at
// once. Nothing else may be open for this peer.
void link_table::catch_up(const worker_info& peer, uint32_t count) {
  while (endpoint_count(peer) < count)
    if (auto ep = make_endpoint(peer))
      close(*ep);
}

// UCX may give the handle's address to the next endpoint: what it has reported
// about this one must not be taken for a failure of that.
void link_table::close(ucx::endpoint& ep) {
  failures_.erase(ep.get());
  by_endpoint_.erase(ep.get());
  ep.close(pool_);
}

void link_table::dismiss(notices::link_ptr notice) {
  if (notice != nullptr)
    close(notice->endpoint);
}

// -- connecting --------------------------------------------------------------

void link_table::connect(worker_info to, ucx_link::client client) {
  if (auto i = by_incarnation_.find(to.incarnation);
      i != by_incarnation_.end()) {
    auto& x = *i->second;
    if (x.announced)
      client.promise.deliver(link_info{x.id(), x.lane()});
    x.add(std::move(client));
    return;
  }
  if (links_.size() >= options_.max_links) {
    client.promise.deliver(
      make_error(errc::limit_reached, "already " + std::to_string(links_.size())
                                        + " peers (rdma.max-peers)"));
    return;
  }
  auto& x = add(std::move(to));
  x.add(std::move(client));
  attempt(x);
}

ucx_link& link_table::add(worker_info peer) {
  auto id = make_random_id();
  auto ptr = std::make_unique<ucx_link>(id, std::move(peer), env_);
  auto& x = *ptr;
  x.started = loop_.now();
  x.last_heard = x.started;
  links_.emplace(id, std::move(ptr));
  by_incarnation_[x.peer_info().incarnation] = &x;
  return x;
}

void link_table::attempt(ucx_link& x) {
  ++x.attempts;
  auto ep = make_endpoint(x.peer_info());
  if (!ep) {
    take_down(x, ep.error());
    return;
  }
  x.endpoint = std::move(*ep);
  by_endpoint_[x.endpoint.get()] = &x;
  x.endpoint_count = endpoint_count(x.peer_info());
  x.remote_id = 0;
  x.asked = false;
  send_hello(x, frame{0, 0, introduce(x)});
}

void link_table::retry(ucx_link& x, const caf::error& reason) {
  if (x.attempts >= max_attempts || x.clients.empty()) {
    take_down(x, reason);
    return;
  }
  close(x.endpoint);
  attempt(x);
}

hello link_table::introduce(const ucx_link& x) const {
  return {self_, x.id(), x.endpoint_count, x.peer_info().incarnation, host_};
}

// -- life of a link ----------------------------------------------------------

void link_table::bring_up(ucx_link& x) {
  x.paired = true;
  ++up_by_name_[x.peer()];
  x.last_heard = loop_.now();
  worker_.close_connections_on_exec();
  if (closing_) {
    take_down(x, make_error(errc::shutting_down, "runtime shuts down"));
    return;
  }
  if (host_ != 0 && host_ == x.host)
    x.send(frame{0, 0, x.local.probe()});
  else
    x.local.give_up("the peer is on another host, or does not want it");
  settle_lane(x);
}

void link_table::settle_lane(ucx_link& x) {
  if (x.announced || !x.local.decided())
    return;
  x.announced = true;
  count(x, 1);
  auto text = "link to " + x.peer() + " is up, lane " + x.lane();
  if (!x.local.usable())
    text += " (" + x.local.reason() + ')';
  log_info(loop_.system(), std::move(text));
  if (options_.lane == "local" && !x.local.usable()) {
    take_down(x, make_error(errc::no_usable_lane,
                            "no local lane to " + x.peer()
                              + " (rdma.lane): " + x.local.reason()));
    return;
  }
  listeners_.tell(event_of(x, {}));
  if (x.local.usable() && options_.local_ring_size > 0)
    x.offer_ring(options_.local_ring_size);
  for (auto& client : x.clients)
    if (client.promise.pending())
      client.promise.deliver(link_info{x.id(), x.lane()});
}

void link_table::leave_local(link_id id, const caf::error& reason) {
  auto* x = find(id);
  if (x == nullptr || !x->announced || !x->local.usable())
    return;
  x->send(frame{0, 0, local_verdict{false, reason_of(reason)}});
  lose_local(*x, reason_of(reason));
}

void link_table::lose_local(ucx_link& x, const std::string& reason) {
  count(x, -1);
  x.local.give_up(reason);
  count(x, 1);
  x.leave_ring();
  if (options_.lane == "local") {
    take_down(x, make_error(errc::no_usable_lane,
                            "no local lane to " + x.peer()
                              + " any more (rdma.lane): " + reason));
    return;
  }
  log_info(loop_.system(),
           "link to " + x.peer() + " goes on by UCX (" + reason + ')');
  listeners_.tell(event_of(x, {}));
  for (auto& client : x.clients)
    if (auto watcher = caf::actor_cast<link_watcher>(client.watcher))
      caf::anon_send(watcher, link_info{x.id(), x.lane()});
}

// True if another life of the same worker is linked: then this one is over.
bool link_table::restarted(const ucx_link& x) const {
  auto i = up_by_name_.find(x.peer());
  return i != up_by_name_.end() && i->second > (x.up() ? 1 : 0);
}

void link_table::say_goodbye(ucx_link& x, const caf::error& reason) {
  frame what{x.remote_id, 0, goodbye{code_of(reason), reason_of(reason)}};
  if (x.remote_id == 0 || !x.endpoint)
    return;
  if (!x.up()) {
    x.send_hello(what); // the peer does not know UCX's endpoint yet
    x.try_hello();
    return;
  }
  x.send(what);
  farewells_.add(x.id(), {x.peer_info(), std::move(what), loop_.now()});
}

void link_table::count(const ucx_link& x, int difference) {
  if (x.announced)
    up_->get_or_add({{"lane", x.lane()}})->inc(difference);
}

void link_table::take_down(ucx_link& x, const caf::error& reason) {
  count(x, -1);
  auto code = to_string(code_of(reason));
  ended_->get_or_add({{"code", code}})->inc();
  log_info(loop_.system(), "link to " + x.peer() + " has ended: " + code + ", "
                             + reason_of(reason));
  on_failure_(x, reason);
  if (x.announced || !x.clients.empty())
    listeners_.tell(event_of(x, reason));
  say_goodbye(x, reason);
  auto answer = restarted(x) ? make_error(errc::stale_metadata,
                                          x.peer() + " has restarted")
                             : reason;
  for (auto& client : x.clients) {
    if (client.promise.pending())
      client.promise.deliver(answer);
    else if (auto watcher = caf::actor_cast<link_watcher>(client.watcher))
      caf::anon_send(watcher, link_down{x.id(), reason});
  }
  by_incarnation_.erase(x.peer_info().incarnation);
  if (x.up())
    if (auto i = up_by_name_.find(x.peer()); --i->second == 0)
      up_by_name_.erase(i);
  x.flush_all();
  close(x.endpoint);
  hang_up_until_ = loop_.now() + options_.heartbeat_limit
                   + 2 * options_.heartbeat;
  links_.erase(x.id());
}

void link_table::fail(link_id id, const caf::error& reason) {
  if (auto i = links_.find(id); i != links_.end())
    take_down(*i->second, reason);
}

void link_table::watch(caf::actor_addr listener) {
  for (auto& [id, x] : links_)
    if (x->announced)
      tell(listener, event_of(*x, {}));
  listeners_.add(std::move(listener));
}

// UCX 1.13 aborts a worker (ucp_request.c:684) whose peer disconnects before
// the answer to its first message has left. So we do not.
void link_table::close_all(const caf::error& reason) {
  closing_ = true;
  closing_reason_ = reason;
  notices_.end_before(loop_.now() + progress_loop::time_point::duration{1});
  for (auto& [id, x] : links_) {
    if (x->up()) {
      on_failure_(*x, reason);
      due_.push_back(id);
    } else {
      for (auto& client : std::exchange(x->clients, {}))
        client.promise.deliver(reason);
    }
  }
}

ucx_link* link_table::find(link_id id) {
  auto i = links_.find(id);
  if (i == links_.end() || !i->second->up() || closing_)
    return nullptr;
  return i->second.get();
}

bool link_table::connecting(link_id id) const {
  auto i = links_.find(id);
  return i != links_.end() && !i->second->up();
}

void link_table::reap() {
  auto until = loop_.now() + max_reap_time;
  while (reap_one() && loop_.now() < until)
    ; // go on
}

void link_table::finish() {
  while (reap_one())
    ; // go on
}

bool link_table::reap_one() {
  if (!failures_.empty())
    reap_failure();
  else if (!due_.empty())
    look_at_next();
  else if (notices_.due())
    dismiss(notices_.take_oldest());
  else
    return false;
  return true;
}

void link_table::reap_failure() {
  auto [endpoint, status] = *failures_.begin();
  failures_.erase(failures_.begin());
  if (notices_.contains(endpoint)) {
    dismiss(notices_.take(endpoint));
    return;
  }
  auto find_link = [this, ep = endpoint]() -> ucx_link* {
    auto i = by_endpoint_.find(ep);
    return i != by_endpoint_.end() ? i->second : nullptr;
  };
  auto* x = find_link();
  if (x == nullptr)
    return;
  auto id = x->id();
  on_last_words_(id);
  x = find_link();
  if (x == nullptr || x->id() != id)
    return;
  close(x->endpoint);
  if (x->up())
    take_down(*x, ucx::make_error(errc::peer_lost, "lost peer " + x->peer(),
                                  status));
  else
    retry(*x,
          ucx::make_error(errc::peer_unreachable,
                          unreachable("cannot reach " + x->peer()), status));
}

// Who is silent has been so since before the tick: we may have been stopped
// ourselves since then.
void link_table::look_at_next() {
  auto i = links_.find(due_.front());
  due_.pop_front();
  if (i == links_.end())
    return;
  auto& x = *i->second;
  if (closing_ && x.up()) {
    take_down(x, closing_reason_);
  } else if (!x.up()) {
    if (last_tick_ - x.started > options_.connect_timeout)
      take_down(x, make_error(errc::peer_unreachable,
                              unreachable("no answer from " + x.peer())));
  } else if (!x.announced
             && last_tick_ - x.started > options_.connect_timeout) {
    x.local.give_up("the peer does not answer the probe");
    settle_lane(x);
  } else if (last_tick_ - x.last_heard > options_.heartbeat_limit) {
    take_down(x, make_error(errc::peer_unresponsive,
                            "peer " + x.peer() + " is silent"));
  } else {
    x.send(frame{0, 0, heartbeat{}});
  }
}

void link_table::tick() {
  auto now = loop_.now();
  // If we have been stopped ourselves, the peers' silence meanwhile proves
  // nothing.
  auto away = now - last_tick_ - options_.heartbeat;
  last_tick_ = now;
  worker_.close_connections_on_exec();
  notices_.end_before(now - options_.heartbeat);
  auto idle = due_.empty();
  for (auto& [id, x] : links_) {
    if (away > options_.heartbeat)
      x->last_heard = std::min(now, x->last_heard + away);
    if (idle)
      due_.push_back(id);
  }
  if (away <= options_.heartbeat && now <= hang_up_until_)
    ucx::hang_up(worker_, std::chrono::duration_cast<std::chrono::milliseconds>(
                            options_.heartbeat_limit));
}

caf::timespan link_table::silence() const {
  caf::timespan result{0};
  for (auto& [id, x] : links_)
    if (x->up())
      result = std::max<caf::timespan>(result, loop_.now() - x->last_heard);
  return result;
}

void link_table::send_hello(ucx_link& x, const frame& what) {
  x.send_hello(what);
  hello_waits_ = true;
}

void link_table::flush() {
  if (std::exchange(hello_waits_, false)) {
    for (auto& [id, x] : links_)
      hello_waits_ |= !x->try_hello();
    hello_waits_ |= notices_.try_to_send();
  }
  flushing_.swap(env_.unsent);
  flushing_.insert(flushing_.end(), env_.stuck.begin(), env_.stuck.end());
  env_.stuck.clear();
  std::ranges::sort(flushing_);
  flushing_.erase(std::unique(flushing_.begin(), flushing_.end()),
                  flushing_.end());
  for (auto id : flushing_)
    if (auto* x = find(id))
      x->flush();
  flushing_.clear();
}

bool link_table::prepare_sleep() {
  auto result = true;
  for_each_ring([&result](ucx_link&, local::ring_reader& ring) {
    result &= ring.prepare_sleep();
  });
  return result;
}

void link_table::abandon() {
  while (auto notice = notices_.take_any())
    dismiss(std::move(notice));
  for (auto& [id, x] : links_) {
    count(*x, -1);
    close(x->endpoint);
  }
  links_.clear();
  up_by_name_.clear();
}

} // namespace rdma
