// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/access_handshake.hpp"

#include "caf_rdma/messages/worker_info.hpp"
#include "caf_rdma/transport/lanes/local/process_memory.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace rdma::local {

namespace {

// Yama allows one stranger per process. Without Yama this has no effect. The
// numbers 0 and -1 would mean nobody, and everybody.
void let_in(pid_t process) {
  if (process > 0)
    prctl(PR_SET_PTRACER, static_cast<unsigned long>(process), 0, 0, 0);
}

std::string explain(int error) {
  if (error == ESRCH)
    return "its process is not visible from here (another PID namespace?)";
  return std::generic_category().message(error);
}

} // namespace

// -- what to send ------------------------------------------------------------

local_probe access_handshake::probe() {
  nonce_ = make_random_id();
  return {static_cast<uint32_t>(getpid()), nonce_};
}

local_nonce access_handshake::answer(const local_probe& x) {
  let_in(static_cast<pid_t>(x.pid));
  peers_nonce_ = x.nonce;
  return {static_cast<uint32_t>(getpid()),
          reinterpret_cast<uintptr_t>(&peers_nonce_)};
}

local_verdict access_handshake::try_out(const local_nonce& x) {
  if (mine_)
    return {*mine_, reason_};
  uint64_t seen = 0;
  auto pid = static_cast<pid_t>(x.pid);
  auto error = -pull_value(pid, x.address, &seen, sizeof(seen));
  mine_ = error == 0 && nonce_ != 0 && seen == nonce_;
  if (*mine_) {
    process_ = pid;
    return {true, {}};
  }
  reason_ = "cannot read the peer's memory: "
            + (error != 0 ? explain(error)
                          : "another process answers to its ID");
  return {false, reason_};
}

// -- what comes of it --------------------------------------------------------

void access_handshake::conclude(const local_verdict& x) {
  if (theirs_)
    return;
  theirs_ = x.usable;
  if (!x.usable && reason_.empty())
    reason_ = "at the peer: " + x.reason;
}

void access_handshake::give_up(std::string reason) {
  mine_ = mine_.value_or(false);
  theirs_ = false;
  reason_ = std::move(reason);
}

} // namespace rdma::local
