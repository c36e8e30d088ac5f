// SPDX-License-Identifier: BSD-3-Clause

// How links come up and are closed by what peers say: the part of the table of
// links that handles frames.

#include "caf_rdma/transport/links/link_table.hpp"

#include <algorithm>
#include <string>

namespace rdma {

namespace {

// A refusal carries its code only.
std::string explain_refusal(errc code) {
  switch (code) {
    case errc::limit_reached:
      return ": it has too many peers (its rdma.max-peers)";
    case errc::stale_metadata:
      return ": it is in another life by now";
    case errc::unsupported_version:
      return ": it speaks another protocol version";
    default:
      return {};
  }
}

} // namespace

// -- frames ------------------------------------------------------------------

void link_table::receive(const frame& x, ucp_ep_h reply) {
  if (auto* opening = std::get_if<hello>(&x.content)) {
    receive_hello(*opening);
    return;
  }
  auto i = links_.find(x.link_id);
  if (i == links_.end()) {
    remind(x.link_id);
    return;
  }
  if (!i->second->endpoint)
    return;
  auto& link = *i->second;
  link.last_heard = loop_.now();
  if (auto* ack = std::get_if<hello_ack>(&x.content))
    receive_ack(link, ack->self);
  else if (std::holds_alternative<pairing>(x.content))
    receive_pairing(link, reply);
  else if (auto* refusal = std::get_if<hello_refused>(&x.content))
    receive_refusal(link, *refusal);
  else if (auto* farewell = std::get_if<goodbye>(&x.content))
    receive_goodbye(link, *farewell);
  else if (link.up() && host_ != 0)
    receive_local(link, x);
}

void link_table::receive_hello(const hello& x) {
  auto incarnation = x.worker.incarnation;
  if (incarnation == self_.incarnation)
    return;
  if (x.version != protocol_version) {
    refuse(x, errc::unsupported_version);
    return;
  }
  if (x.target_incarnation != self_.incarnation) {
    refuse(x, errc::stale_metadata); // a good link, if any, stays
    return;
  }
  auto& seen = hello_counts_[incarnation];
  if (x.endpoint_count <= seen)
    return; // of an attempt that is over
  std::vector<ucx_link::client> clients;
  if (auto i = by_incarnation_.find(incarnation); i != by_incarnation_.end()) {
    auto& old = *i->second;
    if (x.endpoint_count < old.endpoint_count)
      return; // of an attempt that will see our own hello
    if (x.endpoint_count == old.endpoint_count) {
      seen = x.endpoint_count;
      if (!old.up())
        greet(old, x); // both have connected at the same time
      return;
    }
    if (!old.up())
      clients = std::move(old.clients);
    if (old.remote_id == x.link_id)
      old.remote_id = 0; // the peer has given up its attempt itself
    take_down(old, make_error(errc::link_reset,
                              "peer " + old.peer() + " has made a new link"));
  } else if (closing_) {
    return;
  }
  seen = x.endpoint_count;
  accept(x, std::move(clients));
}

void link_table::accept(const hello& x, std::vector<ucx_link::client> clients) {
  auto give_up = [&clients](const caf::error& reason) {
    for (auto& client : clients)
      client.promise.deliver(reason);
  };
  auto count = endpoint_count(x.worker);
  if (count >= x.endpoint_count) {
    refuse(x, errc::link_reset);
    for (auto& client : clients)
      connect(x.worker, std::move(client));
    return;
  }
  if (x.endpoint_count - count > max_lag
      || links_.size() >= options_.max_links) {
    refuse(x, errc::limit_reached);
    give_up(make_error(errc::limit_reached, "too many peers (rdma.max-peers)"));
    return;
  }
  catch_up(x.worker, x.endpoint_count - 1);
  auto& link = add(x.worker);
  link.clients = std::move(clients);
  auto ep = make_endpoint(x.worker);
  if (!ep) {
    take_down(link, ep.error());
    return;
  }
  link.endpoint = std::move(*ep);
  by_endpoint_[link.endpoint.get()] = &link;
  link.endpoint_count = x.endpoint_count;
  greet(link, x);
}

void link_table::greet(ucx_link& x, const hello& from) {
  x.remote_id = from.link_id;
  x.host = from.host;
  send_hello(x, frame{from.link_id, 0, hello_ack{introduce(x)}});
}

void link_table::refuse(const hello& x, errc code) {
  auto count = endpoint_count(x.worker) + 1; // with the one for the notice
  notify(x.worker, frame{x.link_id, 0, hello_refused{code, count}});
}

void link_table::notify(const worker_info& to, const frame& what) {
  auto ep = make_endpoint(to);
  if (!ep)
    return;
  auto link = std::make_unique<ucx_link>(make_random_id(), to, env_);
  link->endpoint = std::move(*ep);
  send_hello(*link, what);
  notices_.add(std::move(link), loop_.now());
}

// Soon after the end the peer's frame and our goodbye may have crossed.
void link_table::remind(link_id id) {
  if (closing_)
    return;
  if (auto x = farewells_.take(id, loop_.now() - options_.heartbeat))
    notify(x->peer, x->goodbye);
}

void link_table::receive_ack(ucx_link& x, const hello& from) {
  if (x.up() || x.asked || from.endpoint_count != x.endpoint_count)
    return; // of an attempt that is over
  if (from.version != protocol_version) {
    take_down(x, make_error(errc::unsupported_version,
                            "peer " + x.peer() + " speaks protocol version "
                              + std::to_string(from.version)));
  } else if (from.worker.incarnation != x.peer_info().incarnation) {
    take_down(x, make_error(errc::stale_metadata,
                            "another worker answers at this address"));
  } else {
    x.remote_id = from.link_id;
    x.host = from.host;
    x.ask_pairing();
  }
}

void link_table::receive_pairing(ucx_link& x, ucp_ep_h reply) {
  if (x.up() || x.remote_id == 0)
    return; // of an attempt that is over
  if (reply != x.endpoint.get()) {
    retry(x,
          make_error(errc::peer_unreachable,
                     "UCX has paired another endpoint for peer " + x.peer()));
    return;
  }
  if (!x.asked)
    x.ask_pairing();
  bring_up(x);
}

void link_table::receive_refusal(ucx_link& x, const hello_refused& why) {
  if (x.up())
    return;
  if (why.code != errc::link_reset) {
    take_down(x, make_error(why.code, "refused by peer " + x.peer()
                                        + explain_refusal(why.code)));
    return;
  }
  close(x.endpoint);
  auto lag = why.endpoint_count - endpoint_count(x.peer_info());
  if (lag <= max_lag)
    catch_up(x.peer_info(), why.endpoint_count);
  retry(x, make_error(errc::peer_unreachable,
                      "endpoint counts differ from those of peer " + x.peer()));
}

void link_table::receive_local(ucx_link& x, const frame& what) {
  if (what.transfer_id != 0)
    return;
  if (auto* probe = std::get_if<local_probe>(&what.content)) {
    if (x.host == host_ && !x.local.asked())
      x.send(frame{0, 0, x.local.answer(*probe)});
  } else if (auto* nonce = std::get_if<local_nonce>(&what.content)) {
    x.send(frame{0, 0, x.local.try_out(*nonce)});
  } else if (auto* verdict = std::get_if<local_verdict>(&what.content)) {
    if (x.announced && x.local.usable() && !verdict->usable) {
      lose_local(x, "at the peer: " + verdict->reason);
      return;
    }
    x.local.conclude(*verdict);
  } else if (auto* ring = std::get_if<local_ring>(&what.content)) {
    x.enter_ring(*ring);
  } else {
    return;
  }
  settle_lane(x);
}

// Our side would hear nothing from UCX: its TCP keeps a connection for what the
// other direction still receives.
void link_table::receive_goodbye(ucx_link& x, const goodbye& why) {
  if (x.remote_id == 0)
    return; // of an attempt that is over
  auto text = "peer " + x.peer() + " has closed the link: "
              + to_string(why.code) + ", " + why.reason;
  auto shuts_down = why.code == errc::shutting_down;
  close(x.endpoint);
  if (x.up()) {
    take_down(x, make_error(shuts_down ? errc::peer_lost : errc::link_reset,
                            text));
  } else if (shuts_down) {
    take_down(x, make_error(errc::peer_unreachable, text));
  } else {
    retry(x, make_error(errc::peer_unreachable, text));
  }
}

} // namespace rdma
