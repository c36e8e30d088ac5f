// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do with tensors that another library has handed over.

#include "caf_rdma/messages/dlpack.hpp"
#include "caf_rdma/tests/conformance/scenario.hpp"

#include <dlpack/dlpack.h>

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <array>
#include <atomic>

using namespace rdma;
using namespace rdma_conformance;

namespace {

constexpr int64_t rows = 50;
constexpr int64_t columns = 200;

/// Some columns of a matrix of bytes.
struct tensor {
  explicit tensor(const memory& x, device where) {
    managed.dl_tensor.data = x.describe()[0].data();
    managed.dl_tensor.device
      = where == cpu ? DLDevice{kDLCPU, 0}
                     : DLDevice{kDLCUDA, static_cast<int>(where.id)};
    managed.dl_tensor.ndim = 2;
    managed.dl_tensor.dtype = {kDLUInt, 8, 1};
    managed.dl_tensor.shape = shape.data();
    managed.dl_tensor.strides = strides.data();
    managed.dl_tensor.byte_offset = 7;
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensor* self) {
      static_cast<tensor*>(self->manager_ctx)->deleted = true;
    };
  }

  std::array<int64_t, 2> shape{rows, 100};
  std::array<int64_t, 2> strides{columns, 1};
  DLManagedTensor managed{};
  std::atomic<bool> deleted = false;
};

std::vector<std::byte> slice(const memory& x) {
  std::vector<std::byte> result;
  for (int64_t i = 0; i < rows; ++i) {
    auto row = x.view().subspan(static_cast<size_t>(i * columns + 7), 100);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

} // namespace

TEST_CASE("on every lane a strided tensor moves, and is given back") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory from{rows * columns, 1};
  memory to{rows * columns};
  tensor source{from, memory::where.sources};
  tensor target{to, memory::where.destinations};
  operation passive;
  operation active;
  SECTION("cut into descriptors on both sides") {
    passive = x.make(x.stage->bob(), create_writable_atom_v,
                     take_dlpack(&target.managed)->cut());
    active = x.make(x.stage->alice(), begin_write_atom_v,
                    take_dlpack(&source.managed)->cut(), x.metadata(passive));
  }
  SECTION("selected by the active side") {
    passive = x.make(x.stage->bob(), create_readable_atom_v,
                     take_dlpack(&source.managed)->cut(), standing(1));
    auto memory = *take_dlpack(&target.managed);
    operation_options opts;
    opts.blocks.local = memory.blocks;
    active = x.make(x.stage->alice(), begin_read_atom_v, x.metadata(passive),
                    descriptor_list{memory.whole}, opts);
  }
  CHECK(x.end_of(active) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  CHECK(slice(to) == slice(from));
  CHECK(source.deleted);
  CHECK(target.deleted);
}
