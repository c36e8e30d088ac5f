// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/cuda/find_gpus.hpp"

#include "caf_rdma/messages/error.hpp"

#include <cuda_runtime_api.h>

#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace rdma {

namespace {

// -- errors ------------------------------------------------------------------

/// Takes the code away from those who look at CUDA's "last error" on this
/// thread: it is ours.
caf::error fail(const std::string& what, cudaError_t code) {
  cudaGetLastError();
  return make_error(errc::device_error,
                    what + ": CUDA: " + cudaGetErrorString(code) + " ("
                      + cudaGetErrorName(code) + ')');
}

// -- guards ------------------------------------------------------------------

/// Makes a GPU the current one of this thread, which others may share.
class current_device {
public:
  explicit current_device(uint32_t id) {
    cudaGetDevice(&before_);
    status_ = cudaSetDevice(static_cast<int>(id));
  }

  current_device(const current_device&) = delete;

  current_device& operator=(const current_device&) = delete;

  ~current_device() {
    cudaSetDevice(before_);
  }

  cudaError_t status() const noexcept {
    return status_;
  }

private:
  int before_ = 0;
  cudaError_t status_;
};

struct stream_deleter {
  void operator()(CUstream_st* x) const noexcept {
    cudaStreamDestroy(x);
  }
};

struct event_deleter {
  void operator()(CUevent_st* x) const noexcept {
    cudaEventDestroy(x);
  }
};

using stream = std::unique_ptr<CUstream_st, stream_deleter>;

using event = std::unique_ptr<CUevent_st, event_deleter>;

/// One GPU: a stream of our own for each direction, and events to use again.
class gpu {
public:
  explicit gpu(uint32_t id) : id_(id) {
    // nop
  }

  uint32_t id() const noexcept {
    return id_;
  }

  /// Null after a failure, which `status` gets. The GPU must be the current
  /// one, here and below.
  CUstream_st* stream_for(copy_direction to, cudaError_t& status) {
    auto& x = streams_[static_cast<size_t>(to)];
    if (!x) {
      CUstream_st* raw = nullptr;
      status = cudaStreamCreateWithFlags(&raw, cudaStreamNonBlocking);
      x.reset(raw);
    }
    return x.get();
  }

  /// Records an event that has been taken from here. Null after a failure.
  event record(CUstream_st* on, cudaError_t& status) {
    auto result = take(status);
    if (result)
      status = cudaEventRecord(result.get(), on);
    return status == cudaSuccess ? std::move(result) : nullptr;
  }

  void put_back(event x) {
    idle_.push_back(std::move(x));
  }

private:
  event take(cudaError_t& status) {
    if (!idle_.empty()) {
      auto result = std::move(idle_.back());
      idle_.pop_back();
      return result;
    }
    CUevent_st* raw = nullptr;
    status = cudaEventCreateWithFlags(&raw, cudaEventDisableTiming);
    return event{raw};
  }

  uint32_t id_;
  std::array<stream, 2> streams_;
  std::vector<event> idle_;
};

// -- work --------------------------------------------------------------------

caf::expected<bool> has_ended(CUevent_st* x) {
  auto status = cudaEventQuery(x);
  if (status == cudaErrorNotReady) {
    cudaGetLastError();
    return false;
  }
  if (status != cudaSuccess)
    return fail("a GPU has failed", status);
  return true;
}

/// Ends with its events, and then with the error that it began with.
class recorded : public device_work {
public:
  ~recorded() override {
    for (auto& [from, x] : events_)
      from->put_back(std::move(x));
  }

  void add(gpu& from, event x) {
    events_.emplace_back(&from, std::move(x));
  }

  void fail_with(caf::error reason) {
    reason_ = std::move(reason);
  }

  bool empty() const noexcept {
    return events_.empty();
  }

  const caf::error& reason() const noexcept {
    return reason_;
  }

  caf::expected<bool> ended() override {
    for (auto& [from, x] : events_)
      if (auto res = has_ended(x.get()); !res || !*res)
        return res;
    if (reason_ != caf::none)
      return reason_;
    return true;
  }

private:
  std::vector<std::pair<gpu*, event>> events_;
  caf::error reason_;
};

/// Ends with an event of the user's, and with one of ours if there is one.
class awaited : public device_work {
public:
  awaited(CUevent_st* theirs, std::unique_ptr<recorded> ours)
    : theirs_(theirs), ours_(std::move(ours)) {
    // nop
  }

  caf::expected<bool> ended() override {
    if (theirs_ != nullptr)
      if (auto res = has_ended(theirs_); !res || !*res)
        return res;
    if (ours_)
      return ours_->ended();
    return true;
  }

private:
  CUevent_st* theirs_;
  std::unique_ptr<recorded> ours_;
};

// -- copies ------------------------------------------------------------------

/// Rows of equal size, one every `stride` bytes of the GPU's memory.
struct rows {
  copy_part first;
  size_t count = 1;
  size_t stride = 0;

  /// Takes the next part in if it fits.
  bool add(const copy_part& x) {
    constexpr size_t max_pitch = 0x7fffffff; // of every GPU so far
    auto distance = x.on_device - (first.on_device + (count - 1) * stride);
    if (x.size != first.size || x.on_host != first.on_host + count * x.size
        || distance < static_cast<ptrdiff_t>(x.size)
        || static_cast<size_t>(distance) > max_pitch
        || (count > 1 && static_cast<size_t>(distance) != stride))
      return false;
    stride = static_cast<size_t>(distance);
    ++count;
    return true;
  }

  cudaError_t copy(copy_direction to, CUstream_st* on) const {
    auto out = to == copy_direction::to_host;
    auto kind = out ? cudaMemcpyDeviceToHost : cudaMemcpyHostToDevice;
    auto* dst = out ? first.on_host : first.on_device;
    auto* src = out ? first.on_device : first.on_host;
    if (count == 1)
      return cudaMemcpyAsync(dst, src, first.size, kind, on);
    return cudaMemcpy2DAsync(dst, out ? first.size : stride, src,
                             out ? stride : first.size, first.size, count, kind,
                             on);
  }
};

/// Copies the parts of one GPU.
cudaError_t copy_parts(copy_direction to, std::span<const copy_part> parts,
                       CUstream_st* on) {
  rows next{parts.front()};
  for (auto& x : parts.subspan(1)) {
    if (next.add(x))
      continue;
    if (auto status = next.copy(to, on); status != cudaSuccess)
      return status;
    next = rows{x};
  }
  return next.copy(to, on);
}

std::string describe(int count) {
  std::string result;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp x{};
    if (cudaGetDeviceProperties(&x, i) == cudaSuccess)
      result += "cuda:" + std::to_string(i) + ' ' + x.name + ", ";
  }
  int driver = 0;
  cudaDriverGetVersion(&driver);
  return result + "driver for CUDA " + std::to_string(driver / 1000) + '.'
         + std::to_string(driver % 1000 / 10);
}

class space : public memory_space {
public:
  explicit space(int count) : description_(describe(count)) {
    for (int i = 0; i < count; ++i)
      gpus_.emplace_back(static_cast<uint32_t>(i));
  }

  uint32_t devices() const override {
    return static_cast<uint32_t>(gpus_.size());
  }

  std::string description() const override {
    return description_;
  }

  // Managed memory is the CPU's, too.
  caf::expected<device> locate(const void* data, size_t size) override {
    auto begin = where_is(data);
    if (!begin || size == 0)
      return begin;
    auto end = where_is(static_cast<const std::byte*>(data) + size - 1);
    if (end && *begin != *end)
      return make_error(errc::wrong_device,
                        "memory begins on " + to_string(*begin)
                          + " and ends on " + to_string(*end));
    return end;
  }

  caf::error pin(std::span<std::byte> x) override {
    auto status = cudaHostRegister(x.data(), x.size(),
                                   cudaHostRegisterPortable);
    if (status != cudaSuccess)
      return fail("cannot pin " + std::to_string(x.size()) + " B", status);
    return {};
  }

  void unpin(std::span<std::byte> x) override {
    cudaHostUnregister(x.data());
    cudaGetLastError();
  }

  caf::expected<device_work_ptr>
  copy(copy_direction to, std::span<const copy_part> parts) override {
    auto work = std::make_unique<recorded>();
    while (!parts.empty() && work->reason() == caf::none) {
      size_t n = 1;
      while (n < parts.size() && parts[n].where == parts[0].where)
        ++n;
      copy_on(gpus_[parts[0].where.id], to, parts.first(n), *work);
      parts = parts.subspan(n);
    }
    if (work->empty())
      return work->reason();
    return device_work_ptr{std::move(work)};
  }

  caf::expected<device_work_ptr> await(const device_sync& x) override {
    std::unique_ptr<recorded> ours;
    if (x.after_stream != nullptr) {
      ours = std::make_unique<recorded>();
      auto status = on_its_gpu([&](gpu& on) {
        auto status = cudaSuccess;
        if (auto y = on.record(x.after_stream, status))
          ours->add(on, std::move(y));
        return status;
      });
      if (status != cudaSuccess)
        return fail("cannot wait for a stream", status);
    }
    return device_work_ptr{
      std::make_unique<awaited>(x.after_event, std::move(ours))};
  }

  caf::error signal(CUevent_st* x) override {
    auto status = on_its_gpu([&](gpu& on) {
      auto status = cudaSuccess;
      auto* stream = on.stream_for(copy_direction::to_device, status);
      return stream ? cudaEventRecord(x, stream) : status;
    });
    if (status != cudaSuccess)
      return fail("cannot signal an event", status);
    return {};
  }

private:
  static caf::expected<device> where_is(const void* x) {
    cudaPointerAttributes attr{};
    if (auto st = cudaPointerGetAttributes(&attr, x); st != cudaSuccess)
      return fail("cannot tell where memory is", st);
    if (attr.type == cudaMemoryTypeDevice)
      return cuda(static_cast<uint32_t>(attr.device));
    return cpu;
  }

  // What has been begun before a failure is waited for all the same.
  static void copy_on(gpu& on, copy_direction to,
                      std::span<const copy_part> parts, recorded& work) {
    current_device guard{on.id()};
    auto status = guard.status();
    auto* stream = status == cudaSuccess ? on.stream_for(to, status) : nullptr;
    if (stream != nullptr) {
      status = copy_parts(to, parts, stream);
      auto recorded = cudaSuccess;
      if (auto x = on.record(stream, recorded))
        work.add(on, std::move(x));
      else if (status == cudaSuccess)
        status = recorded;
    }
    if (status != cudaSuccess)
      work.fail_with(
        fail("cannot copy on " + to_string(cuda(on.id())), status));
  }

  /// Calls `f` with one GPU after the other, until it is that of the user's
  /// handle, of which CUDA before 12.8 does not say where it belongs.
  template <class F>
  cudaError_t on_its_gpu(F f) {
    auto status = cudaErrorNoDevice;
    for (auto& x : gpus_) {
      current_device guard{x.id()};
      status = guard.status() == cudaSuccess ? f(x) : guard.status();
      if (status == cudaSuccess)
        break;
      cudaGetLastError();
    }
    return status;
  }

  std::vector<gpu> gpus_;
  std::string description_;
};

} // namespace

memory_space_ptr find_gpus() {
  int count = 0;
  if (auto status = cudaGetDeviceCount(&count); status != cudaSuccess) {
    cudaGetLastError();
    return make_host_space(std::string{"CUDA: "} + cudaGetErrorString(status));
  }
  if (count == 0)
    return make_host_space("CUDA finds no GPU");
  return std::make_shared<space>(count);
}

} // namespace rdma
