// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <type_traits>

namespace rdma::detail {

/// Does what caf::default_enum_inspect does, with std::string_view: in CAF 0.18
/// that function asks for a `from_string` that takes CAF's own view.
template <class Inspector, class Enum>
bool inspect_enum(Inspector& f, Enum& x) {
  if (f.has_human_readable_format()) {
    auto get = [&x] { return to_string(x); };
    auto set = [&x](const std::string& str) { return from_string(str, x); };
    return f.apply(get, set);
  } else {
    using integer_type = std::underlying_type_t<Enum>;
    auto get = [&x] { return static_cast<integer_type>(x); };
    auto set = [&x](integer_type value) { return from_integer(value, x); };
    return f.apply(get, set);
  }
}

} // namespace rdma::detail
