// SPDX-License-Identifier: BSD-3-Clause

#include "disk.hpp"

namespace rdma_copy {

namespace {

caf::result<void> answer(caf::error err) {
  if (err != caf::none)
    return err;
  return {};
}

} // namespace

reader_actor::behavior_type reader(reader_actor::pointer,
                                   std::shared_ptr<file> source) {
  return {
    [source](load_atom, uint64_t offset, const buffer_ptr& x) {
      return answer(source->read(offset, x->bytes()));
    },
  };
}

writer_actor::behavior_type writer(writer_actor::pointer,
                                   std::shared_ptr<part_file> target) {
  return {
    [target](store_atom, uint64_t offset, const buffer_ptr& x) {
      return answer(target->write(offset, x->bytes()));
    },
    [target](commit_atom) { return answer(target->commit()); },
  };
}

} // namespace rdma_copy
