// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <string_view>

namespace rdma::detail {

/// Makes any text fit to be the value of a label in Prometheus' text format,
/// for the collector of CAF 0.18 prints it as it is: escapes quotation marks,
/// backslashes and line breaks, and puts U+FFFD where it is not UTF-8. A line
/// that Prometheus cannot read costs all the others, too.
std::string label_value(std::string_view text);

} // namespace rdma::detail
