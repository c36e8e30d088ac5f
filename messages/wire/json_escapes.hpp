// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <string_view>

namespace rdma::detail {

/// Replaces each \uXXXX by the UTF-8 that it stands for, since the JSON codec
/// of Cap'n Proto 0.9 takes the digits a to f for 0 to 5. It writes such
/// escapes itself, and so do other languages for all that is not ASCII.
std::string expand_escapes(std::string_view json);

} // namespace rdma::detail
