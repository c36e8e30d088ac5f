// SPDX-License-Identifier: BSD-3-Clause

#include "raw_node.hpp"

#include "memory.hpp"

#include "caf_rdma/actors/options.hpp"

#include <algorithm>

namespace transfer_bench {

raw_node::raw_node(loop_mode mode) : worker_(mode, *this) {
  rdma::transport_options defaults;
  chunk_size_ = defaults.chunk_size;
  window_ = defaults.window;
}

// -- active side -------------------------------------------------------------

samples raw_node::run(const work& x) {
  samples result;
  result.us.reserve(x.count);
  auto start = clock::now();
  size_t begun = 0;
  for (; begun < std::min(x.outstanding, x.count); ++begun)
    begin(begun, x);
  while (result.us.size() < x.count) {
    worker_.progress();
    settle();
    for (size_t index = 0; index < x.outstanding; ++index) {
      auto& y = at(index);
      if (!y.active || !done(y, x.mode))
        continue;
      y.active = false;
      result.us.push_back(
        std::chrono::duration<double, std::micro>(clock::now() - y.begin)
          .count());
      if (begun < x.count) {
        ++begun;
        begin(index, x);
      }
    }
  }
  result.seconds = std::chrono::duration<double>(clock::now() - start).count();
  return result;
}

void raw_node::begin(size_t index, const work& x) {
  auto& y = at(index);
  auto base = index * x.size;
  y.begin = clock::now();
  y.active = true;
  if (x.mode == direction::read) {
    y.in = {};
    worker_.send(
      {raw_header::ask, static_cast<uint32_t>(index), base, 0, x.size});
  } else {
    y.out = {base, x.size, 0, 0, false};
    refill(index);
  }
}

bool raw_node::done(const slot& x, direction mode) {
  return mode == direction::write ? x.out.acknowledged && x.out.in_flight == 0
                                  : x.in.complete;
}

void raw_node::say_bye() {
  worker_.send({raw_header::bye});
  worker_.flush();
}

// -- passive side ------------------------------------------------------------

void raw_node::serve() {
  while (!bye_ || !worker_.idle()) {
    worker_.progress();
    settle();
  }
}

// -- what the peer and UCX say -----------------------------------------------

void raw_node::on_message(const raw_header& x) {
  auto& out = at(x.slot).out;
  if (x.what == raw_header::bye) {
    bye_ = true;
  } else if (x.what == raw_header::ack) {
    out.acknowledged = true;
  } else {
    // Chunks of the slot's last transfer may be in flight, still.
    out = {x.base, x.total, 0, out.in_flight, false};
    to_refill_.push_back(x.slot);
  }
}

std::span<std::byte> raw_node::target(const raw_header& x, size_t size) {
  return memory().subspan(x.base + x.offset, size);
}

void raw_node::on_landed(const raw_header& x, size_t size) {
  auto& in = at(x.slot).in;
  in.landed += size;
  if (in.landed < x.total)
    return;
  in = {0, true};
  to_acknowledge_.push_back(x.slot);
}

void raw_node::on_sent(const raw_header& x) {
  auto& out = at(x.slot).out;
  --out.in_flight;
  if (out.posted < out.total)
    to_refill_.push_back(x.slot);
}

// -- transfers ---------------------------------------------------------------

raw_node::slot& raw_node::at(size_t index) {
  if (index >= slots_.size())
    slots_.resize(index + 1);
  return slots_[index];
}

void raw_node::refill(size_t index) {
  auto& out = at(index).out;
  while (out.in_flight < window_ && out.posted < out.total) {
    auto size = std::min(chunk_size_, out.total - out.posted);
    raw_header x{raw_header::data, static_cast<uint32_t>(index), out.base,
                 out.posted, out.total};
    out.posted += size;
    ++out.in_flight;
    worker_.send(x, memory().subspan(x.base + x.offset, size));
  }
}

// A chunk may be let go of within the post: then there is more to refill, and
// UCX may have no event left that would wake us.
void raw_node::settle() {
  for (auto index : to_acknowledge_)
    worker_.send({raw_header::ack, static_cast<uint32_t>(index)});
  to_acknowledge_.clear();
  while (!to_refill_.empty()) {
    scratch_.swap(to_refill_);
    for (auto index : scratch_)
      refill(index);
    scratch_.clear();
  }
}

} // namespace transfer_bench
