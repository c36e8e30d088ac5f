// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/demos/rdma_copy/hasher.hpp"
#include "caf_rdma/tests/demos/stage.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

using namespace rdma_copy;
using namespace rdma_copy_test;

namespace {

buffer_ptr block_of(std::string_view text) {
  auto result = std::make_shared<buffer>(text.size());
  result->size = text.size();
  std::memcpy(result->data.get(), text.data(), text.size());
  return result;
}

} // namespace

TEST_CASE("blocks are hashed in their order, in whatever order they come") {
  std::array<std::string_view, 3> parts{"he", "l", "lo"};
  std::vector<uint64_t> order{0, 1, 2};
  for (auto n = GENERATE(0, 1, 2, 3, 4, 5); n > 0; --n)
    std::next_permutation(order.begin(), order.end());
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  auto sha256 = self->spawn<caf::detached>(hasher);
  for (auto i : order)
    self->send(sha256, hash_atom_v, i, block_of(parts[i]));
  self->request(sha256, patience, digest_atom_v)
    .receive([](const std::string& x) { CHECK(x == sha256_of_hello); },
             [](const caf::error& err) { FAIL(to_string(err)); });
  self->send_exit(sha256, caf::exit_reason::user_shutdown);
}
