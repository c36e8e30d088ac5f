// SPDX-License-Identifier: BSD-3-Clause

#include "device_memory.hpp"

#include "caf_rdma/tests/fenced/fenced_space.hpp"

#include <cstring>

namespace gpu_bench {

namespace {

class host_memory : public device_memory {
public:
  explicit host_memory(size_t size)
    : device_memory(rdma::cpu, size), bytes_(size, std::byte{1}) {
    // nop
  }

  std::byte* data() const override {
    return const_cast<std::byte*>(bytes_.data());
  }

  void write(const std::vector<std::byte>& from) override {
    bytes_ = from;
  }

  void read(std::vector<std::byte>& to) const override {
    to = bytes_;
  }

  void copy_to(device_memory& other) const override {
    other.write(bytes_);
  }

private:
  std::vector<std::byte> bytes_;
};

class fenced : public device_memory {
public:
  fenced(rdma::test::fenced_space& space, rdma::device where, size_t size)
    : device_memory(where, size), memory_(space.allocate(where, size)) {
    // nop
  }

  std::byte* data() const override {
    return memory_->address();
  }

  void write(const std::vector<std::byte>& from) override {
    std::memcpy(memory_->view().data(), from.data(), from.size());
  }

  void read(std::vector<std::byte>& to) const override {
    to.assign(memory_->view().begin(), memory_->view().end());
  }

  void copy_to(device_memory& other) const override {
    auto* target = other.data();
    if (auto* x = dynamic_cast<fenced*>(&other))
      target = x->memory_->view().data();
    std::memcpy(target, memory_->view().data(), size());
  }

private:
  rdma::test::fenced_memory_ptr memory_;
};

class pretended : public memory_source {
public:
  device_memory_ptr make(rdma::device where, size_t size) override {
    if (where == rdma::cpu)
      return std::make_unique<host_memory>(size);
    return std::make_unique<fenced>(*space_, where, size);
  }

  rdma::memory_space_ptr space() const override {
    return space_;
  }

  uint32_t devices() const override {
    return space_->devices();
  }

private:
  std::shared_ptr<rdma::test::fenced_space> space_
    = std::make_shared<rdma::test::fenced_space>();
};

} // namespace

std::unique_ptr<memory_source> make_pretended() {
  return std::make_unique<pretended>();
}

} // namespace gpu_bench
