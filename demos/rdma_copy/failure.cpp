// SPDX-License-Identifier: BSD-3-Clause

#include "failure.hpp"

#include "caf_rdma/messages/error.hpp"

#include <caf/sec.hpp>

#include <system_error>
#include <utility>

namespace rdma_copy {

caf::error failure(std::string what) {
  return caf::make_error(caf::sec::runtime_error, std::move(what));
}

caf::error system_failure(const std::string& what, int code) {
  return failure(what + ": " + std::generic_category().message(code));
}

std::string sentence(const caf::error& err) {
  if (err == caf::sec::runtime_error)
    return rdma::reason_of(err);
  if (auto code = rdma::code_of(err); code != rdma::errc::none)
    return to_string(code) + ": " + rdma::reason_of(err);
  return to_string(err);
}

} // namespace rdma_copy
