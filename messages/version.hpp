// SPDX-License-Identifier: BSD-3-Clause

#pragma once

/// Version of the library, as of the headers that a program was built with:
/// major * 1'000'000 + minor * 1'000 + patch.
#define CAF_RDMA_VERSION 2000

/// The same as text.
#define CAF_RDMA_VERSION_STRING "0.2.0"
