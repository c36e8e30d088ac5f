// SPDX-License-Identifier: BSD-3-Clause

#include "readv_session.hpp"

#include "memory.hpp"
#include "timed_series.hpp"

namespace transfer_bench {

readv_session::readv_session(peer_process& other) {
  reader_.emplace(other.ask("expose"));
}

samples readv_session::run(const work& x) {
  return timed_series(x, [this, &x](size_t slot) {
    reader_->pull(memory_blocks(slot, x));
  });
}

} // namespace transfer_bench
