// SPDX-License-Identifier: BSD-3-Clause

#include "hasher.hpp"

#include "sha256.hpp"

#include <caf/typed_response_promise.hpp>

#include <map>
#include <memory>
#include <utility>

namespace rdma_copy {

namespace {

struct early_block {
  buffer_ptr bytes;
  caf::typed_response_promise<void> promise;
};

struct hasher_state {
  sha256 hash;
  uint64_t next = 0;
  std::map<uint64_t, early_block> early;

  void run() {
    for (auto i = early.find(next); i != early.end(); i = early.find(++next)) {
      auto block = std::move(i->second);
      early.erase(i);
      if (auto err = hash.update(block.bytes->bytes()); err != caf::none)
        block.promise.deliver(std::move(err));
      else
        block.promise.deliver();
    }
  }
};

} // namespace

hasher_actor::behavior_type hasher(hasher_actor::pointer self) {
  auto state = std::make_shared<hasher_state>();
  return {
    [self, state](hash_atom, uint64_t block, buffer_ptr& bytes) {
      auto promise = self->make_response_promise<void>();
      state->early.emplace(block, early_block{std::move(bytes), promise});
      state->run();
      return promise;
    },
    [state](digest_atom) -> caf::result<std::string> {
      return state->hash.digest();
    },
  };
}

} // namespace rdma_copy
