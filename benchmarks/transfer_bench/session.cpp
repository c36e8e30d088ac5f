// SPDX-License-Identifier: BSD-3-Clause

#include "session.hpp"

#include "actors_session.hpp"
#include "control_session.hpp"
#include "library_session.hpp"
#include "memcpy_session.hpp"
#include "readv_session.hpp"

namespace transfer_bench {

std::unique_ptr<session> make_session(const subject& x, peer_process& other) {
  switch (x.what) {
    case contender::library:
      return std::make_unique<library_session>(x, other);
    case contender::actors:
      return std::make_unique<actors_session>(x.loop);
    case contender::memcpy:
      return std::make_unique<memcpy_session>();
    case contender::process_vm_readv:
      return std::make_unique<readv_session>(other);
    default:
      return std::make_unique<control_session>(x, other);
  }
}

} // namespace transfer_bench
