// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/memory/memory_space.hpp"

namespace rdma {

/// Returns the memory of the GPUs that CUDA finds, or of none if this program
/// was built without CUDA, or if the machine has no driver or no GPU: the
/// description says which.
memory_space_ptr find_gpus();

} // namespace rdma
