// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rdma::local {

/// Finds out whether this process and a peer can read each other's memory. Each
/// sends a probe, answers the other's, and says what it has seen. Must not move
/// while it lives: the peer's nonce lies in it.
class access_handshake {
public:
  access_handshake() = default;

  access_handshake(const access_handshake&) = delete;

  access_handshake& operator=(const access_handshake&) = delete;

  // -- what to send ----------------------------------------------------------

  local_probe probe();

  /// Puts the peer's nonce into place; lets the peer, which must be of this
  /// host, in where Linux's Yama module keeps processes apart: another peer,
  /// that was let in before, is not any more.
  local_nonce answer(const local_probe& x);

  /// Tries to read our own nonce over there; once, whatever comes later.
  local_verdict try_out(const local_nonce& x);

  // -- what comes of it ------------------------------------------------------

  /// Takes the peer's word; the first one counts.
  void conclude(const local_verdict& x);

  /// Gives up without the peer's word.
  void give_up(std::string reason);

  /// True if the peer's probe has been answered.
  bool asked() const noexcept {
    return peers_nonce_ != 0;
  }

  bool decided() const noexcept {
    return mine_ && theirs_;
  }

  bool usable() const noexcept {
    return mine_.value_or(false) && theirs_.value_or(false);
  }

  /// True if our own attempt to read has worked: what the peer offers in place
  /// can be fetched.
  bool readable() const noexcept {
    return mine_.value_or(false);
  }

  /// Of the peer, once `readable`.
  pid_t process() const noexcept {
    return process_;
  }

  /// Why it is not usable.
  const std::string& reason() const noexcept {
    return reason_;
  }

private:
  uint64_t nonce_ = 0;       // to be found in the peer's memory
  uint64_t peers_nonce_ = 0; // for the peer to be found here
  pid_t process_ = 0;
  std::optional<bool> mine_;
  std::optional<bool> theirs_;
  std::string reason_;
};

} // namespace rdma::local
