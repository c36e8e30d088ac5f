// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "second_process.hpp"
#include "types.hpp"

#include <memory>
#include <string>

namespace transfer_bench {

/// What is measured, or what it is measured against.
enum class contender { library, raw_ucx, memcpy };

std::string to_string(contender x);

/// A contender, ready to run in both processes. Only one lives at a time: two
/// cores are all that a polling one leaves.
class session {
public:
  virtual ~session() = default;

  virtual samples run(const work& x) = 0;
};

std::unique_ptr<session> make_session(contender what, loop_mode mode,
                                      second_process& other);

} // namespace transfer_bench
