// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "session.hpp"
#include "vm_reader.hpp"

#include <optional>

namespace transfer_bench {

/// This process reads the other one's memory, as fast as it can, and talks to
/// nobody.
class readv_session : public session {
public:
  explicit readv_session(peer_process& other);

  samples run(const work& x) override;

private:
  std::optional<vm_reader> reader_;
};

} // namespace transfer_bench
