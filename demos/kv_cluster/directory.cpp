// SPDX-License-Identifier: BSD-3-Clause

#include "directory.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/sec.hpp>

#include <set>
#include <utility>

namespace kv_cluster {

namespace {

/// Between two looks for nodes that are not there.
constexpr auto interval = std::chrono::milliseconds{300};

/// A node that does not answer for so long is tried again.
constexpr auto patience = std::chrono::seconds{4};

/// A node that is gone for so long is not looked for any more.
constexpr auto memory = std::chrono::minutes{2};

} // namespace

directory_state::directory_state(directory_impl_actor::pointer self, member own,
                                 std::vector<address> seeds,
                                 member_listener listener)
  : self_(self), own_(std::move(own)), listener_(std::move(listener)) {
  for (auto& x : seeds)
    seeds_.insert_or_assign(x, seed{true});
}

directory_impl_actor::behavior_type directory_state::make_behavior() {
  self_->set_down_handler([this](const caf::down_msg& x) {
    for (auto i = members_.begin(); i != members_.end(); ++i)
      if (i->second.directory == x.source) {
        remove(i);
        return;
      }
  });
  return {
    [this](join_atom, const member& x) { return welcome(x); },
    [this](join_atom, address& place) {
      own_.place = std::move(place);
      self_->send(self_, seek_atom_v);
    },
    [this](const link_report& x) { tell(x); },
    [this](const rdma::link_event& x) { spread(x); },
    [this](seek_atom, const std::vector<address>& places) {
      for (auto& x : places)
        seeds_[x].since = clock::now();
    },
    [this](seek_atom) {
      seek();
      self_->delayed_send(self_, interval, seek_atom_v);
    },
  };
}

// -- members -----------------------------------------------------------------

caf::result<std::vector<member>> directory_state::welcome(const member& x) {
  if (own_.place.port == 0)
    return caf::sec::no_actor_published_at_port; // not yet
  if (x.name == own_.name && x.life != own_.life)
    return caf::make_error(caf::sec::runtime_error,
                           "there is a node " + x.name + " already");
  auto result = std::vector{own_};
  for (auto& [name, y] : members_)
    result.push_back(y.what);
  if (x.name != own_.name)
    add(x, self_->current_sender());
  return result;
}

template <class... Ts>
void directory_state::tell_others(const Ts&... xs) {
  for (auto& [name, x] : members_)
    self_->send(caf::actor_cast<directory_actor>(x.directory), xs...);
}

void directory_state::add(const member& x, caf::strong_actor_ptr directory) {
  if (auto i = members_.find(x.name); i != members_.end()) {
    auto& known = i->second;
    if (known.what.life > x.life
        || (known.what.life == x.life && known.directory == directory))
      return;
    remove(i);
  }
  // It may have come before the others were known here.
  tell_others(seek_atom_v, std::vector{x.place});
  self_->monitor(directory);
  seeds_.try_emplace(x.place, seed{false});
  members_.emplace(x.name, entry{x, std::move(directory)});
  if (listener_)
    self_->send(listener_, join_atom_v, x);
}

void directory_state::remove(std::map<std::string, entry>::iterator i) {
  self_->demonitor(i->second.directory->address());
  if (auto j = seeds_.find(i->second.what.place); j != seeds_.end())
    j->second.since = clock::now();
  if (listener_)
    self_->send(listener_, left_atom_v, i->first);
  members_.erase(i);
}

// -- the search --------------------------------------------------------------

void directory_state::seek() {
  auto now = clock::now();
  std::erase_if(seeds_, [this, now](const auto& x) {
    auto& [place, y] = x;
    return !y.for_ever && !y.connecting && now - y.since > memory
           && !knows(place);
  });
  for (auto& [place, x] : seeds_)
    if (!x.connecting && !knows(place))
      connect(place);
}

bool directory_state::knows(const address& x) const {
  if (x == own_.place)
    return true;
  for (auto& [name, y] : members_)
    if (y.what.place == x)
      return true;
  return false;
}

void directory_state::connect(const address& to) {
  seeds_[to].connecting = true;
  auto middleman = self_->system().middleman().actor_handle();
  self_->request(middleman, patience, caf::connect_atom_v, to.host, to.port)
    .then([this, to](const caf::node_id&, const caf::strong_actor_ptr& x,
                     const std::set<std::string>&) { join(to, x); },
          [this, to](const caf::error&) { seeds_[to].connecting = false; });
}

void directory_state::join(const address& at,
                           const caf::strong_actor_ptr& directory) {
  auto hdl = caf::actor_cast<directory_actor>(directory);
  if (!hdl) {
    seeds_[at].connecting = false;
    return;
  }
  self_->request(hdl, patience, join_atom_v, own_)
    .then(
      [this, at, directory](const std::vector<member>& all) {
        seeds_[at].connecting = false;
        if (all.empty())
          return;
        if (all.front().name == own_.name) {
          seeds_.erase(at); // that was ourselves
          return;
        }
        add(all.front(), directory);
        for (auto& x : all)
          seeds_.try_emplace(x.place, seed{false});
      },
      [this, at](caf::error& reason) {
        seeds_[at].connecting = false;
        if (reason == caf::sec::runtime_error)
          self_->quit(std::move(reason)); // we are not welcome
      });
}

// -- links -------------------------------------------------------------------

void directory_state::spread(const rdma::link_event& x) {
  link_report report{own_.name, x.peer, x.up, x.reason};
  tell_others(report);
  tell(report);
}

void directory_state::tell(const link_report& x) {
  if (listener_)
    self_->send(listener_, x);
}

} // namespace kv_cluster
