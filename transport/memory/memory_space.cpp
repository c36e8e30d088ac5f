// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/memory_space.hpp"

#include "caf_rdma/messages/error.hpp"

#include <utility>

namespace rdma {

namespace {

class host_space : public memory_space {
public:
  explicit host_space(std::string why) : why_(std::move(why)) {
    // nop
  }

  uint32_t devices() const override {
    return 0;
  }

  std::string description() const override {
    return why_;
  }

  caf::expected<device> locate(const void*, size_t) override {
    return cpu;
  }

  caf::error pin(std::span<std::byte>) override {
    return {};
  }

  void unpin(std::span<std::byte>) override {
    // nop
  }

  caf::expected<device_work_ptr> copy(copy_direction,
                                      std::span<const copy_part>) override {
    return none();
  }

  caf::expected<device_work_ptr> await(const device_sync&) override {
    return none();
  }

  caf::error signal(CUevent_st*) override {
    return none();
  }

private:
  caf::error none() const {
    return make_error(errc::unsupported_device, "there is no GPU: " + why_);
  }

  std::string why_;
};

caf::error place_one(memory_space& space, descriptor& x) {
  auto wanted = x.device();
  if (wanted.type == device_type::cuda && wanted.id >= space.devices())
    return make_error(errc::unsupported_device, "this runtime cannot reach "
                                                  + to_string(wanted) + ": "
                                                  + space.description());
  if (space.empty()) {
    x.place(cpu);
    return {};
  }
  auto found = space.locate(x.data(), x.size());
  if (!found)
    return std::move(found.error());
  if (x.placed() && *found != wanted)
    return make_error(errc::wrong_device,
                      "a descriptor says " + to_string(wanted)
                        + ", but its memory is on " + to_string(*found));
  x.place(*found);
  return {};
}

} // namespace

memory_space_ptr make_host_space(std::string why) {
  return std::make_shared<host_space>(std::move(why));
}

caf::error place(memory_space& space, descriptor_list& xs) {
  for (auto& x : xs)
    if (auto err = place_one(space, x); err != caf::none)
      return err;
  return {};
}

} // namespace rdma
