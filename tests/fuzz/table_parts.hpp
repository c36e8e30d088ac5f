// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/fuzz/check.hpp"
#include "caf_rdma/transport/lanes/lane.hpp"
#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <deque>
#include <string>
#include <utility>
#include <vector>

// What stands around a transfer table in the fuzz target: a link and a lane
// that let go when they are told to, and guarded memory.

namespace rdma::fuzz {

// -- memory ------------------------------------------------------------------

/// Some blocks of memory with guard zones around each.
class arena {
public:
  static constexpr size_t guard_size = 16;

  static constexpr std::byte guard{0xA5};

  void reset(const std::vector<size_t>& blocks, std::byte fill);

  /// The blocks as descriptors.
  descriptor_list blocks();

  bool guards_intact() const;

  bool owns(const std::byte* ptr) const noexcept {
    return ptr >= memory_.data() && ptr < memory_.data() + memory_.size();
  }

  const std::vector<std::byte>& memory() const noexcept {
    return memory_;
  }

  /// The concatenation of the blocks.
  std::vector<std::byte> content() const;

private:
  std::vector<std::byte> memory_;
  std::vector<std::pair<size_t, size_t>> blocks_; // offset, size
};

/// The byte that a well-behaved peer has at an offset of a transfer; never 0.
inline std::byte pattern(uint64_t offset) {
  return static_cast<std::byte>(1 + offset % 127);
}

// -- a link ------------------------------------------------------------------

/// Checks what is sent, and lets go of the oldest chunk on demand.
class tame_link : public link {
public:
  struct job {
    ucx::request_tag tag;
    ucx::request_observer* observer;
    bool copy;
  };

  explicit tame_link(link_id id) : id_(id) {
    // nop
  }

  link_id id() const noexcept override {
    return id_;
  }

  std::string lane() const override {
    return "tame";
  }

  const std::string& peer() const noexcept override {
    return peer_;
  }

  uint64_t max_chunk_size() const noexcept override {
    return 16;
  }

  local::exposure expose(const block_list&) override {
    return {};
  }

  void send(frame x) override;

  bool post(const chunk& x, ucx::request_observer& borrowed,
            ucx::request_observer& copied) override;

  bool let_go(ucs_status_t status);

  bool holds(const transfer_key& key) const;

  bool up = true;
  bool at_once = false; // let go within `post`
  bool copies = false;  // never read the memory after `post`
  std::vector<std::pair<transfer_key, offer>> posted;
  size_t sent = 0;

private:
  link_id id_;
  std::string peer_ = "there";
  std::deque<job> jobs_;
};

// -- a lane ------------------------------------------------------------------

/// Counts what becomes of each held chunk; writes when it is told to.
class tame_lane : public lane {
public:
  /// A chunk that waits at the source.
  struct parcel {
    uint64_t length = 0;
    bool taken = false; // by the table; otherwise the caller has kept it
    int fetched = 0;
    int dropped = 0;
  };

  enum class outcome { ok, failed, partly, too_short, forbidden };

  parcel& make_parcel(uint64_t length) {
    return parcels_.emplace_back(parcel{length});
  }

  void fetch(held_bytes from, const block_list& target, uint64_t offset,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override;

  void drop(held_bytes x) override {
    ++static_cast<parcel*>(x.handle)->dropped;
  }

  bool crosses_network() const noexcept override {
    return networked;
  }

  void stop(const token& secret) override;

  bool refused(ucs_status_t status) const override {
    return status == UCS_ERR_UNSUPPORTED;
  }

  caf::error explain(ucs_status_t) const override {
    return make_error(errc::peer_lost, "the fetch failed");
  }

  bool idle() const noexcept {
    return jobs_.empty();
  }

  /// Ends a fetch; false if there is none.
  bool complete(size_t index, outcome how);

  /// True if a fetch may still write there.
  bool writes_to(const arena& x) const;

  /// Every parcel that the table took was fetched or dropped, once.
  void check_parcels() const;

  bool at_once = false;  // end within `fetch`
  bool networked = true; // a failed fetch breaks its link, and none can stop

private:
  struct job {
    std::vector<std::span<std::byte>> pieces;
    uint64_t offset;
    ucx::request_observer* observer;
    ucx::request_tag tag;
  };

  static void finish(job x, outcome how);

  std::deque<parcel> parcels_;
  std::vector<job> jobs_;
};

} // namespace rdma::fuzz
