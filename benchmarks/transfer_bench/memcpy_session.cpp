// SPDX-License-Identifier: BSD-3-Clause

#include "memcpy_session.hpp"

#include "timed_series.hpp"

#include <cstring>

namespace transfer_bench {

memcpy_session::memcpy_session() : target_(make_memory(memory().size())) {
  // nop
}

samples memcpy_session::run(const work& x) {
  return timed_series(x, [this, &x](size_t slot) {
    for (auto from : memory_blocks(slot, x)) {
      auto offset = from.data() - memory().data();
      std::memcpy(target_.get() + offset, from.data(), from.size());
    }
    asm volatile("" : : "r"(target_.get()) : "memory");
  });
}

} // namespace transfer_bench
