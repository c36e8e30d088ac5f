// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>

#include <string>

namespace rdma_copy {

/// Creates an error of this program; `what` is all that the user gets to read.
caf::error failure(std::string what);

/// The same for a failed system call: "what: No space left on device".
caf::error system_failure(const std::string& what, int code);

/// Returns one line for the user. Errors of caf-rdma and CAF keep their text.
std::string sentence(const caf::error& err);

} // namespace rdma_copy
