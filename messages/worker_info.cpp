// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/worker_info.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace rdma {

namespace {

// Up to 256 bytes come whole once the generator is seeded; before that a signal
// may interrupt the call.
template <class T>
T draw() {
  T result;
  for (;;) {
    auto n = getrandom(&result, sizeof(result), 0);
    if (n == static_cast<ssize_t>(sizeof(result)))
      return result;
    if (n < 0 && errno != EINTR)
      throw std::system_error{errno, std::generic_category(), "getrandom"};
  }
}

} // namespace

token make_token() {
  return draw<token>();
}

uint64_t make_random_id() {
  for (;;)
    if (auto result = draw<uint64_t>(); result != 0)
      return result;
}

} // namespace rdma
