// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"
#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rdma::test {

// -- a link ------------------------------------------------------------------

/// Keeps chunks and frames; lets go of a chunk when the test says so.
class fake_link : public link {
public:
  explicit fake_link(link_id id, std::string peer = "there")
    : id_(id), peer_(std::move(peer)) {
    // nop
  }

  link_id id() const noexcept override {
    return id_;
  }

  std::string lane() const override {
    return "fake";
  }

  const std::string& peer() const noexcept override {
    return peer_;
  }

  uint64_t max_chunk_size() const noexcept override {
    return max_chunk;
  }

  bool reads_device(const block_list&, uint64_t, uint64_t) const override {
    return direct;
  }

  bool in_place() const noexcept override {
    return fetches_in_place;
  }

  local::exposure expose(const block_list& data) override {
    return fetches_in_place ? local::exposure{cells, data} : local::exposure{};
  }

  void send(frame x) override {
    frames.push_back(std::move(x));
  }

  bool post(const chunk& x, ucx::request_observer& borrowed,
            ucx::request_observer& copied) override {
    posted.push_back(x.header);
    if (reads)
      bytes.push_back(read(x));
    in_flight.push_back({{x.key.link, x.key.transfer, x.header.length},
                         copies ? &copied : &borrowed});
    most_in_flight = std::max(most_in_flight, in_flight.size());
    if (at_once)
      let_go(UCS_OK);
    return copies;
  }

  /// Lets go of the oldest chunk.
  void let_go(ucs_status_t status) {
    auto x = in_flight.front();
    in_flight.erase(in_flight.begin());
    x.observer->request_done(x.tag, 0, status);
  }

  static std::vector<std::byte> read(const chunk& x) {
    std::vector<std::byte> result;
    if (!x.data.on_device())
      x.data.for_each(x.begin, x.header.length, [&](std::span<std::byte> y) {
        result.insert(result.end(), y.begin(), y.end());
      });
    return result;
  }

  struct job {
    ucx::request_tag tag;
    ucx::request_observer* observer;
  };

  uint64_t max_chunk = uint64_t{64} << 20;
  bool at_once = false; // let go within `post`
  bool copies = false;
  bool direct = false;           // reads the memory of GPUs
  bool fetches_in_place = false; // the peer fetches from the memory
  local::cell_pool cells;
  std::vector<frame> frames;
  std::vector<offer> posted;
  bool reads = false;                        // the bytes of chunks
  std::vector<std::vector<std::byte>> bytes; // none of a GPU's
  std::vector<job> in_flight;
  size_t most_in_flight = 0;

private:
  link_id id_;
  std::string peer_;
};

// -- an owner ----------------------------------------------------------------

/// What an owner of a transfer has heard.
struct heard {
  std::vector<transfer_claimed> claimed;
  std::vector<uint64_t> progress;
  std::vector<uint64_t> landed;
  std::vector<transfer_ended> settled;
  std::vector<caf::error> failed;
  std::vector<bool> all_offered;
  std::vector<frame> frames;
};

/// Writes down the events of a transfer.
struct owner_state {
  static inline const char* name = "test.owner";

  owner_state(hosted_actor<transfer_owner::base>*, std::shared_ptr<heard> x)
    : log(std::move(x)) {
    // nop
  }

  transfer_owner::behavior_type make_behavior() {
    return {
      [this](const transfer_claimed& x) { log->claimed.push_back(x); },
      [this](const transfer_progress& x) { log->progress.push_back(x.bytes); },
      [this](const transfer_landed& x) {
        if (x.claim)
          log->claimed.push_back(*x.claim);
        log->landed.push_back(x.bytes);
      },
      [this](const transfer_settled& x) { log->settled.push_back(x.verdict); },
      [this](const transfer_failed& x) {
        log->failed.push_back(x.reason);
        log->all_offered.push_back(x.all_offered);
      },
      [this](const frame& x) { log->frames.push_back(x); },
    };
  }

  std::shared_ptr<heard> log;
};

/// A loop with an owner on it.
struct owner_fixture : manual_loop {
  ~owner_fixture() {
    loop.stop();
  }

  transfer_owner spawn_owner(std::shared_ptr<heard> to) {
    return loop.spawn<
      caf::stateful_actor<owner_state, hosted_actor<transfer_owner::base>>>(
      std::move(to));
  }

  void settle() {
    for (auto n = 0; loop.run_once() > 0; ++n)
      REQUIRE(n < 10'000);
  }

  std::shared_ptr<heard> log = std::make_shared<heard>();
  transfer_owner owner = spawn_owner(log);
};

inline descriptor_list describe(std::vector<std::byte>& xs) {
  return {descriptor{std::span{xs}}};
}

} // namespace rdma::test
