// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fuzz/table_driver.hpp"

#include <algorithm>

namespace rdma::fuzz {

namespace {

constexpr size_t max_links = 12;

} // namespace

table_driver::table_driver(input in)
  : in_(in),
    owners_(owners::fresh()),
    abandon_(in_.rarely()),
    table_(
      draw_options(in_), [this](link_id id) { return find(id); },
      [](link_id) {}) {
  links_.emplace_back(1);
  links_.emplace_back(2);
}

transport_options table_driver::draw_options(input& in) {
  transport_options result;
  result.chunk_size = 4;
  result.window = 1 + in.below(4);
  result.max_inbound_bytes = 1 + in.below(64);
  result.max_outbound_bytes = 1 + in.below(64);
  result.max_bytes_in_flight = 1 + in.below(128);
  return result;
}

void table_driver::run() {
  while (!in_.empty()) {
    step();
    check_kept();
  }
  if (abandon_) {
    table_.abandon();
    let_everything_go();
  } else {
    drain();
  }
  check_kept();
  lane_.check_parcels();
}

// -- steps -------------------------------------------------------------------

void table_driver::step() {
  switch (in_.below(16)) {
    case 0:
    case 1:
      install(in_.below(slots_.size()));
      break;
    case 2:
    case 3:
    case 4:
      offer_chunk(false);
      break;
    case 5:
    case 6:
    case 7:
      offer_chunk(true);
      break;
    case 8:
      settle();
      break;
    case 9:
      owners_.deliver();
      break;
    case 10: {
      auto how = static_cast<tame_lane::outcome>(in_.below(5));
      lane_.complete(in_.below(8), how);
      break;
    }
    case 11: {
      auto& from = links_[in_.below(links_.size())];
      from.let_go(in_.rarely() ? UCS_ERR_CONNECTION_RESET : UCS_OK);
      break;
    }
    case 12: {
      auto i = in_.below(slots_.size());
      withdraw(slots_[i], i);
      break;
    }
    case 13:
      send_frame();
      break;
    case 14: {
      auto i = in_.below(slots_.size());
      answer_reader(slots_[i], i);
      end_claim(slots_[i], i);
      break;
    }
    default:
      if (auto n = in_.below(8); n == 0)
        fail_link(any_link_up());
      else if (n == 1)
        lane_.at_once = !lane_.at_once;
      else if (n == 2)
        any_link_up().at_once = true;
      else if (n == 3)
        any_link_up().copies = true;
      else if (n == 4 && lane_.idle())
        lane_.networked = !lane_.networked;
      else if (n == 5)
        offer_in_place();
      else if (n == 6)
        break_seal();
      else if (n == 7)
        local_lane_.progress();
  }
}

void table_driver::settle() {
  table_.take_refused(); // the links offer nothing in place anyhow
  for (auto& [id, reason] : table_.settle(1))
    if (auto* x = find(id))
      fail_link(*x);
}

void table_driver::fail_link(tame_link& x) {
  if (links_.size() == max_links)
    return;
  table_.fail(x.id(), make_error(errc::peer_lost, "gone"));
  x.up = false;
  links_.emplace_back(links_.size() + 1);
}

tame_link* table_driver::find(link_id id) {
  auto i = std::find_if(links_.begin(), links_.end(),
                        [id](auto& x) { return x.up && x.id() == id; });
  return i != links_.end() ? &*i : nullptr;
}

// -- what owners do ----------------------------------------------------------

void table_driver::install(size_t i) {
  auto& x = slots_[i];
  if (x.what != role::absent)
    return;
  std::vector<size_t> blocks;
  for (auto n = 1 + in_.below(3); n > 0; --n)
    blocks.push_back(1 + in_.below(24));
  x.memory.reset(blocks, std::byte{0});
  for (auto n : blocks)
    x.total += n;
  x.secret = {1000 + i, 1};
  auto& owner = owners_.handle(i);
  owners_.log(i).on_landed = [this, &x](uint64_t n) { on_landed(x, n); };
  // A name that no peer knows before we tell; links may be down already.
  transfer_key key{links_[in_.below(links_.size())].id(), 100 + i};
  switch (in_.below(7)) {
    case 4:
    case 5:
      grant(i, true);
      break;
    case 6:
      grant(i, false);
      break;
    case 0:
    case 1:
      x.what = role::sink;
      if (in_.rarely())
        x.key = key;
      table_.install(sink{x.secret, x.memory.blocks(), x.total, x.key, owner});
      break;
    case 2:
      x.what = role::readable;
      owners_.log(i).max_failed = 2;
      table_.install(sink{x.secret, {}, x.total, {}, owner});
      break;
    default:
      x.what = role::source;
      x.key = key;
      table_.start(source{x.key, {7, i}, x.memory.blocks(), owner});
  }
}

void table_driver::grant(size_t i, bool writable) {
  auto& x = slots_[i];
  x.what = writable ? role::pool : role::library;
  owners_.log(i).standing = true;
  standing_grant what;
  what.secret = x.secret;
  what.memory = block_list{x.memory.blocks()};
  what.writable = writable;
  what.terms.claims = in_.below(4);
  what.terms.blocks = !in_.rarely();
  what.terms.notifications = in_.rarely();
  what.terms.verify = in_.rarely();
  what.owner = owners_.handle(i);
  table_.install(std::move(what));
}

// The owner of a readable operation offers its bytes to the reader.
void table_driver::answer_reader(slot& x, size_t i) {
  auto& log = owners_.log(i);
  if (x.what != role::readable || log.claims == 0 || x.offering || x.withdrawn)
    return;
  x.offering = true;
  table_.start(
    {log.claimed, {7, i}, x.memory.blocks(), owners_.handle(i), x.secret});
}

void table_driver::withdraw(slot& x, size_t i) {
  if (x.what == role::absent || x.withdrawn)
    return;
  x.withdrawn = true;
  if (x.standing()) {
    revoke(x, i);
    return;
  }
  auto& log = owners_.log(i);
  withdrawal what;
  what.key = log.claims > 0 ? log.claimed : x.key;
  if (x.what != role::source)
    what.secret = x.secret;
  what.epitaph = {status::cancelled, errc::cancelled, "enough", 0};
  table_.withdraw(what, [this, &x, key = what.key] {
    require(!x.kept, "a withdrawal is answered once");
    require(!lane_.writes_to(x.memory),
            "a withdrawal is answered once no fetch is in flight");
    for (auto& y : links_)
      require(x.what == role::sink || !y.holds(key),
              "a withdrawal is answered once no chunk is in flight");
    x.kept = x.memory.memory();
  });
}

void table_driver::end_claim(slot& x, size_t i) {
  auto& log = owners_.log(i);
  if (!x.standing() || log.open.empty())
    return;
  auto key = *log.open.begin();
  log.open.erase(key);
  log.ending.insert(key);
  ++x.pending;
  transfer_ended words{status::cancelled, errc::cancelled, "enough", 0};
  table_.withdraw({claim_secret(key), key, words}, [this, &x, key] {
    for (auto& y : links_)
      require(!y.holds(key),
              "a withdrawal is answered once no chunk is in flight");
    note_answer(x);
  });
}

void table_driver::note_answer(slot& x) {
  if (--x.pending > 0 || !x.withdrawn)
    return;
  require(!x.kept, "a withdrawal is answered once");
  require(!lane_.writes_to(x.memory),
          "a withdrawal is answered once no fetch is in flight");
  x.kept = x.memory.memory();
}

void table_driver::revoke(slot& x, size_t i) {
  x.pending += 2; // the grant itself, and until all are asked for
  transfer_ended words{status::cancelled, errc::cancelled, "enough", 0};
  table_.withdraw({x.secret, {}, words}, [this, &x] { note_answer(x); });
  owners_.deliver(); // it hears of claims before the answer
  while (!owners_.log(i).open.empty())
    end_claim(x, i);
  note_answer(x);
}

void table_driver::on_landed(slot& x, uint64_t bytes) {
  if (x.what == role::pool)
    return; // claims may overlap
  require(x.what == role::sink, "only sinks land");
  require(bytes == x.total, "a sink lands with its size");
  auto content = x.memory.content();
  for (size_t i = 0; i < content.size(); ++i)
    require(content[i] == pattern(i), "a sink lands with every byte in place");
}

// -- the end -----------------------------------------------------------------

void table_driver::drain() {
  for (size_t i = 0; i < slots_.size(); ++i)
    withdraw(slots_[i], i);
  let_everything_go();
  for (auto& x : slots_)
    require(x.what == role::absent || x.kept, "a withdrawal is answered");
}

void table_driver::let_everything_go() {
  auto let_go = [this] {
    auto moved = lane_.complete(0, tame_lane::outcome::ok);
    moved = local_lane_.progress() > 0 || moved;
    for (auto& x : links_)
      moved = x.let_go(UCS_OK) || moved;
    return moved;
  };
  do {
    settle();
    owners_.deliver();
  } while (let_go() || table_.ready());
}

void table_driver::check_kept() const {
  for (auto& x : slots_) {
    require(x.memory.guards_intact(), "no guard zone is written");
    require(!x.kept || *x.kept == x.memory.memory(),
            "nothing is written once a withdrawal is answered");
    require(std::ranges::count(x.memory.memory(), stale) == 0,
            "nobody gets what is not offered any more");
  }
}

} // namespace rdma::fuzz
