// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>

#include <cstddef>
#include <string>

namespace rdma {

/// Returns what to say when `what` could not be made for want of a file
/// descriptor, or of something else that `code`, an `errno`, names.
caf::error descriptor_error(const std::string& what, int code);

/// Fails with `limit_reached` if this process cannot open `count` more files.
/// Somebody else may take them the next moment.
caf::error expect_descriptors(size_t count);

} // namespace rdma
