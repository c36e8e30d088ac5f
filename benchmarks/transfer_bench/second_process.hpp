// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "line_channel.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace transfer_bench {

/// This program once more, as the passive side. Ends with this object.
class second_process {
public:
  second_process();

  ~second_process();

  second_process(const second_process&) = delete;

  second_process& operator=(const second_process&) = delete;

  void tell(const std::string& line);

  /// Returns the next line; ends this program if there is none.
  std::string hear();

  std::string ask(const std::string& line) {
    tell(line);
    return hear();
  }

private:
  pid_t pid_ = -1;
  std::optional<line_channel> channel_;
};

} // namespace transfer_bench
