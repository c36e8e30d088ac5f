// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rdma::local {

/// What the memory of a ring begins with. Two processes share it: its layout is
/// part of the protocol version that a hello names.
struct ring_state {
  /// Chosen by the reader: proves that a writer has found the right memory.
  uint64_t nonce;
  uint64_t capacity;
  /// Bytes written, and read, since the ring was made.
  alignas(64) std::atomic<uint64_t> written;
  alignas(64) std::atomic<uint64_t> read;
  /// The reader sleeps, the writer waits for room: the other one must wake it.
  alignas(64) std::atomic<uint32_t> reader_sleeps;
  std::atomic<uint32_t> writer_waits;
};

static_assert(sizeof(ring_state) == 256);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

/// Memory that is unmapped when nobody uses it any more.
using shared_memory = std::shared_ptr<std::byte>;

/// One message: encoded frames, and the bytes of their offers.
struct ring_message {
  /// A private copy, aligned to 8 bytes: the writer cannot change it any more.
  std::span<const std::byte> header;
  /// Lies in the ring: whoever shares it may still change what stands there.
  std::span<const std::byte> data;
};

/// Where a process takes the messages of one peer on the same host. A memfd
/// that nobody can shrink, with all of its pages in place; who cannot trust its
/// neighbour's content can trust that reading it does not crash.
class ring_reader {
public:
  /// Bytes of the largest header, and of the largest data, of a message.
  static constexpr size_t max_header_size = size_t{8} << 10;
  static constexpr size_t max_data_size = size_t{32} << 10;

  /// Smallest ring in bytes: two of the largest messages fit.
  static constexpr size_t min_size = min_local_ring_size;

  /// Largest ring in bytes.
  static constexpr size_t max_size = max_local_ring_size;

  // -- construction, destruction ---------------------------------------------

  /// Makes a ring of `size` bytes, a power of two. Returns nothing if the
  /// machine does not allow it.
  static std::optional<ring_reader> make(size_t size);

  ring_reader(ring_reader&& other) noexcept;

  ring_reader& operator=(ring_reader&& other) noexcept;

  ~ring_reader();

  // -- for the writer --------------------------------------------------------

  /// The memory's descriptor in this process; -1 once closed.
  int fd() const noexcept {
    return fd_;
  }

  uint64_t nonce() const noexcept {
    return nonce_;
  }

  /// Messages that the ring can hold at most.
  size_t max_messages() const noexcept {
    return capacity_ / sizeof(uint64_t);
  }

  /// The writer has opened the ring: the descriptor is not needed any more.
  void close_fd() noexcept;

  // -- messages --------------------------------------------------------------

  /// Calls `f(ring_message)` for up to `limit` messages, each of which is gone
  /// when `f` returns. Returns the number, or nothing if what stands in the
  /// ring makes no sense.
  template <class F>
  std::optional<size_t> receive(size_t limit, F f) {
    size_t n = 0;
    for (; n < limit; ++n) {
      auto x = front();
      if (broken_)
        return std::nullopt;
      if (!x)
        break;
      f(*x);
      pop();
    }
    return n;
  }

  /// Returns once after the writer has found no room, when there is some again:
  /// it has to be woken.
  bool writer_waits() noexcept;

  // -- sleeping --------------------------------------------------------------

  /// Asks the writer for a wake-up. Returns false if there is something to
  /// receive.
  bool prepare_sleep() noexcept;

  /// Nobody needs to wake us any more.
  void finish_sleep() noexcept;

private:
  ring_reader(int fd, shared_memory memory, uint64_t nonce, size_t capacity);

  ring_state& state() const noexcept {
    return *reinterpret_cast<ring_state*>(memory_.get());
  }

  std::optional<ring_message> front();

  void pop() noexcept;

  int fd_ = -1;
  shared_memory memory_;
  uint64_t nonce_ = 0;
  uint64_t capacity_ = 0;
  uint64_t read_ = 0; // our own truth; the shared one is for the writer
  uint64_t next_ = 0; // where the message behind the front begins
  std::vector<uint64_t> header_;
  bool asleep_ = false;
  bool broken_ = false;
};

/// The other end: puts messages into a peer's ring.
class ring_writer {
public:
  /// Opens descriptor `fd` of process `pid`. Returns nothing if that is not a
  /// ring with this nonce.
  static std::optional<ring_writer> open(pid_t pid, int fd, uint64_t nonce);

  /// Puts in a message, whose sizes the reader's constants bound. Returns false
  /// if there is no room; then the reader will wake us.
  bool write(std::span<const std::byte> header,
             std::span<const std::byte> data) noexcept;

  /// Returns true once after the reader has fallen asleep: it has to be woken.
  bool reader_sleeps() noexcept;

private:
  ring_writer(shared_memory memory, uint64_t capacity)
    : memory_(std::move(memory)), capacity_(capacity) {
    // nop
  }

  ring_state& state() const noexcept {
    return *reinterpret_cast<ring_state*>(memory_.get());
  }

  std::byte* at(uint64_t position) const noexcept {
    return memory_.get() + sizeof(ring_state) + (position & (capacity_ - 1));
  }

  bool has_room(uint64_t bytes) const noexcept;

  shared_memory memory_;
  uint64_t capacity_;
  uint64_t written_ = 0;
};

} // namespace rdma::local
