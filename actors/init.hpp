// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace rdma {

/// Makes the library's message types known to CAF. Call it at the start of
/// `main`, before the first `actor_system`, beside
/// `caf::core::init_global_meta_objects`.
void init_global_meta_objects();

} // namespace rdma
