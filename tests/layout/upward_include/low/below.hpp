// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/high/above.hpp"
