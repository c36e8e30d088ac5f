// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/ring.hpp"

#include "caf_rdma/messages/worker_info.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace rdma::local {

namespace {

// Stands before each message. What follows is padded to 8 bytes.
struct record {
  uint32_t header_size; // bytes; `skip` if the rest of the ring is not used
  uint32_t data_size;
};

static_assert(sizeof(record) == 8);

constexpr uint32_t skip = UINT32_MAX;

constexpr int wanted_seals = F_SEAL_SHRINK | F_SEAL_GROW;

constexpr uint64_t padded(uint64_t n) noexcept {
  return (n + 7) & ~uint64_t{7};
}

uint64_t record_size(uint64_t header_size, uint64_t data_size) noexcept {
  return sizeof(record) + padded(header_size) + padded(data_size);
}

shared_memory map(int fd, size_t size) {
  auto* ptr = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (ptr == MAP_FAILED)
    return nullptr;
  return {static_cast<std::byte*>(ptr),
          [size](std::byte* x) { ::munmap(x, size); }};
}

/// Closes a descriptor at the end of a scope.
struct closer {
  int fd;
  ~closer() {
    if (fd >= 0)
      ::close(fd);
  }
};

} // namespace

// -- reader: construction, destruction ---------------------------------------

std::optional<ring_reader> ring_reader::make(size_t size) {
  closer file{::memfd_create("caf-rdma", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  auto total = sizeof(ring_state) + size;
  // Pages that are in place cannot fail to come when they are written to.
  if (file.fd < 0 || ::ftruncate(file.fd, static_cast<off_t>(total)) != 0
      || ::posix_fallocate(file.fd, 0, static_cast<off_t>(total)) != 0
      || ::fcntl(file.fd, F_ADD_SEALS, wanted_seals) != 0)
    return std::nullopt;
  auto memory = map(file.fd, total);
  if (memory == nullptr)
    return std::nullopt;
  auto nonce = make_random_id();
  new (memory.get()) ring_state{nonce, size, 0, 0, 0, 0};
  return ring_reader{std::exchange(file.fd, -1), std::move(memory), nonce,
                     size};
}

ring_reader::ring_reader(int fd, shared_memory memory, uint64_t nonce,
                         size_t capacity)
  : fd_(fd),
    memory_(std::move(memory)),
    nonce_(nonce),
    capacity_(capacity),
    header_(max_header_size / sizeof(uint64_t)) {
  // nop
}

ring_reader::ring_reader(ring_reader&& other) noexcept
  : fd_(std::exchange(other.fd_, -1)),
    memory_(std::move(other.memory_)),
    nonce_(other.nonce_),
    capacity_(other.capacity_),
    read_(other.read_),
    next_(other.next_),
    header_(std::move(other.header_)),
    asleep_(other.asleep_),
    broken_(other.broken_) {
  // nop
}

ring_reader& ring_reader::operator=(ring_reader&& other) noexcept {
  ring_reader tmp{std::move(other)};
  std::swap(fd_, tmp.fd_);
  memory_ = std::move(tmp.memory_);
  nonce_ = tmp.nonce_;
  capacity_ = tmp.capacity_;
  read_ = tmp.read_;
  next_ = tmp.next_;
  header_ = std::move(tmp.header_);
  asleep_ = tmp.asleep_;
  broken_ = tmp.broken_;
  return *this;
}

ring_reader::~ring_reader() {
  close_fd();
}

void ring_reader::close_fd() noexcept {
  if (fd_ >= 0)
    ::close(std::exchange(fd_, -1));
}

// -- reader: messages --------------------------------------------------------

// Everything that the writer says is copied once, checked, and only then used.
std::optional<ring_message> ring_reader::front() {
  auto* base = memory_.get() + sizeof(ring_state);
  auto left = state().written.load(std::memory_order_acquire) - read_;
  while (left > 0) {
    auto pos = read_ & (capacity_ - 1);
    auto until_end = capacity_ - pos;
    record head;
    std::memcpy(&head, base + pos, sizeof(head));
    if (left > capacity_ || left % 8 != 0)
      break;
    if (head.header_size == skip) {
      if (left < until_end)
        break;
      read_ += until_end;
      left -= until_end;
      continue;
    }
    auto size = record_size(head.header_size, head.data_size);
    if (head.header_size > max_header_size || head.data_size > max_data_size
        || size > until_end || size > left)
      break;
    auto* header = base + pos + sizeof(record);
    std::memcpy(header_.data(), header, head.header_size);
    next_ = read_ + size;
    return ring_message{
      std::as_bytes(std::span{header_}).first(head.header_size),
      {header + padded(head.header_size), head.data_size}};
  }
  broken_ = left > 0;
  return std::nullopt;
}

void ring_reader::pop() noexcept {
  read_ = next_;
  state().read.store(read_, std::memory_order_release);
}

bool ring_reader::writer_waits() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  auto& flag = state().writer_waits;
  return flag.load(std::memory_order_relaxed) != 0 && flag.exchange(0) != 0;
}

// -- reader: sleeping --------------------------------------------------------

// Either we see what the writer has written, or it sees that we sleep.
bool ring_reader::prepare_sleep() noexcept {
  asleep_ = true;
  state().reader_sleeps.store(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (state().written.load(std::memory_order_relaxed) == read_)
    return true;
  finish_sleep();
  return false;
}

void ring_reader::finish_sleep() noexcept {
  if (std::exchange(asleep_, false))
    state().reader_sleeps.store(0, std::memory_order_relaxed);
}

// -- writer ------------------------------------------------------------------

std::optional<ring_writer> ring_writer::open(pid_t pid, int fd,
                                             uint64_t nonce) {
  auto path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  struct stat info {};
  // Opening what is no plain file may have effects.
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return std::nullopt;
  closer file{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  // A file that cannot shrink: reading and writing it cannot crash us.
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0
      || (::fcntl(file.fd, F_GET_SEALS) & wanted_seals) != wanted_seals
      || info.st_size < static_cast<off_t>(sizeof(ring_state)))
    return std::nullopt;
  auto size = static_cast<uint64_t>(info.st_size);
  auto capacity = size - sizeof(ring_state);
  if (capacity < ring_reader::min_size || capacity > ring_reader::max_size
      || !std::has_single_bit(capacity))
    return std::nullopt;
  auto memory = map(file.fd, size);
  if (memory == nullptr)
    return std::nullopt;
  ring_writer result{std::move(memory), capacity};
  if (result.state().nonce != nonce || result.state().capacity != capacity)
    return std::nullopt;
  return result;
}

bool ring_writer::has_room(uint64_t bytes) const noexcept {
  auto used = written_ - state().read.load(std::memory_order_acquire);
  return used <= capacity_ && capacity_ - used >= bytes;
}

bool ring_writer::write(std::span<const std::byte> header,
                        std::span<const std::byte> data) noexcept {
  auto size = record_size(header.size(), data.size());
  // Messages do not wrap around.
  auto until_end = capacity_ - (written_ & (capacity_ - 1));
  auto gap = size > until_end ? until_end : 0;
  if (!has_room(gap + size)) {
    state().writer_waits.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!has_room(gap + size))
      return false;
    state().writer_waits.store(0, std::memory_order_relaxed);
  }
  if (gap > 0) {
    record head{skip, 0};
    std::memcpy(at(written_), &head, sizeof(head));
    written_ += gap;
  }
  record head{static_cast<uint32_t>(header.size()),
              static_cast<uint32_t>(data.size())};
  auto* to = at(written_);
  std::memcpy(to, &head, sizeof(head));
  to += sizeof(head);
  std::memcpy(to, header.data(), header.size());
  if (!data.empty())
    std::memcpy(to + padded(header.size()), data.data(), data.size());
  written_ += size;
  state().written.store(written_, std::memory_order_release);
  return true;
}

bool ring_writer::reader_sleeps() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  auto& flag = state().reader_sleeps;
  return flag.load(std::memory_order_relaxed) != 0 && flag.exchange(0) != 0;
}

} // namespace rdma::local
