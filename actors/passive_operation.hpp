// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/metadata.hpp"

namespace rdma {

/// Describes a passive operation to the active side.
metadata make_metadata(const worker_info& worker, const token& secret,
                       operation_kind kind, const descriptor_list& local);

} // namespace rdma
