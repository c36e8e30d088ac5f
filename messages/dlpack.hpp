// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/selection.hpp"

#include <caf/expected.hpp>

#include <cstdint>

struct DLManagedTensor; // of <dlpack/dlpack.h>, 0.6 and later

namespace rdma {

/// Where the elements of a tensor are.
struct tensor_memory {
  /// From the tensor's first byte to its last, wherever they are. Keeps the
  /// tensor.
  descriptor whole;
  /// The blocks of `whole` that belong to the tensor, in row-major order of its
  /// elements; empty if it is one block.
  selection blocks;

  /// Bytes of all elements.
  uint64_t size() const noexcept {
    return blocks.empty() ? whole.size() : total_size(blocks);
  }

  /// Returns one descriptor for each block: for operations that cannot select.
  /// Each of them keeps the tensor.
  descriptor_list cut() const;
};

/// Takes over a tensor of PyTorch, CuPy, JAX or another library that speaks
/// DLPack. Its deleter is called when the last copy of its descriptors is gone:
/// once the operation that moves them is final, usually on the loop's thread.
/// A failure leaves the tensor to the caller: `null_pointer`,
/// `empty_descriptor`, `unsupported_device`, `invalid_option` (its elements are
/// no whole bytes, or its shape is none), `bad_selection` (its elements
/// overlap, or it has more than `max_selected_blocks` blocks).
///
/// An active operation moves a strided tensor by `{whole}` as its memory and
/// `blocks` as `operation_options::blocks.local`; the peer's side may be cut
/// differently.
caf::expected<tensor_memory> take_dlpack(DLManagedTensor* tensor);

} // namespace rdma
