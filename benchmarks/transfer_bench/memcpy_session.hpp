// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "memory.hpp"
#include "session.hpp"

#include <cstddef>
#include <memory>

namespace transfer_bench {

/// One thread of one process copies: the limit.
class memcpy_session : public session {
public:
  memcpy_session();

  samples run(const work& x) override;

private:
  std::shared_ptr<std::byte[]> target_;
};

} // namespace transfer_bench
