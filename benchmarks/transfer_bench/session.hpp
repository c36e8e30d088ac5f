// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "peer_process.hpp"
#include "subject.hpp"
#include "types.hpp"

#include <memory>

namespace transfer_bench {

/// A contender, ready to run in both processes. Only one lives at a time: two
/// cores are all that a polling one leaves.
class session {
public:
  virtual ~session() = default;

  virtual samples run(const work& x) = 0;
};

std::unique_ptr<session> make_session(const subject& x, peer_process& other);

} // namespace transfer_bench
