// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/transfers/outbound.hpp"

namespace rdma {

/// A chunk of a GPU's memory on its way out through host memory.
struct outbound::staged_chunk : ucx::request_observer {
  staged_chunk(outbound& x, const transfer_key& transfer, const offer& what,
               const descriptor& room)
    : home(x), key(transfer), header(what), data({room}) {
    // nop
  }

  // Told by a lane that has read the host memory.
  void request_done(const ucx::request_tag&, size_t, ucs_status_t) override {
    home.unstage(home.staged_.find({key, header.offset}));
  }

  outbound& home;
  transfer_key key;
  offer header;
  block_list data;
  local::exposure exposed; // if the peer fetches it
};

} // namespace rdma
