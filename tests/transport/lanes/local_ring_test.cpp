// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/ring.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <thread>

using namespace rdma::local;

namespace {

constexpr auto size = ring_reader::min_size;

using bytes = std::vector<std::byte>;

bytes make(size_t n, unsigned fill) {
  return bytes(n, static_cast<std::byte>(fill));
}

/// A ring with both ends in this process, and what is behind it.
struct both_ends {
  both_ends() {
    memory = static_cast<std::byte*>(::mmap(nullptr, sizeof(ring_state) + size,
                                            PROT_READ | PROT_WRITE, MAP_SHARED,
                                            reader.fd(), 0));
    REQUIRE(memory != MAP_FAILED);
  }

  ~both_ends() {
    ::munmap(memory, sizeof(ring_state) + size);
  }

  bool write(size_t header, size_t data, unsigned fill) {
    return writer.write(make(header, fill), make(data, fill + 1));
  }

  /// Takes all messages and returns how many there were; none is nonsense.
  size_t receive() {
    auto n = reader.receive(10000, [this](const ring_message& x) {
      headers.emplace_back(x.header.begin(), x.header.end());
      data.emplace_back(x.data.begin(), x.data.end());
    });
    REQUIRE(n.has_value());
    return *n;
  }

  bool makes_sense() {
    return reader.receive(10000, [](const ring_message&) {}).has_value();
  }

  ring_state& state() {
    return *reinterpret_cast<ring_state*>(memory);
  }

  void scribble(size_t offset, uint32_t value) {
    std::memcpy(memory + sizeof(ring_state) + offset, &value, sizeof(value));
  }

  ring_reader reader = *ring_reader::make(size);
  ring_writer writer = *ring_writer::open(::getpid(), reader.fd(),
                                          reader.nonce());
  std::byte* memory;
  std::vector<bytes> headers;
  std::vector<bytes> data;
};

} // namespace

TEST_CASE("messages cross a ring in order, with their sizes") {
  both_ends x;
  CHECK(x.receive() == 0);
  REQUIRE(x.write(1, 0, 1));
  REQUIRE(x.write(ring_reader::max_header_size, ring_reader::max_data_size, 2));
  REQUIRE(x.write(13, 7, 3));
  CHECK(x.receive() == 3);
  CHECK(x.receive() == 0);
  REQUIRE(x.headers.size() == 3);
  CHECK(x.headers[0] == make(1, 1));
  CHECK(x.data[0].empty());
  CHECK(x.headers[1] == make(ring_reader::max_header_size, 2));
  CHECK(x.data[1] == make(ring_reader::max_data_size, 3));
  CHECK(x.headers[2] == make(13, 3));
  CHECK(x.data[2] == make(7, 4));
}

TEST_CASE("a ring takes no more than one asks for") {
  both_ends x;
  REQUIRE(x.write(8, 0, 1));
  REQUIRE(x.write(8, 0, 2));
  size_t n = 0;
  CHECK(x.reader.receive(1, [&n](const ring_message&) { ++n; }) == 1);
  CHECK(n == 1);
  CHECK(x.receive() == 1);
}

TEST_CASE("messages of any sizes cross a ring many times its own size") {
  both_ends x;
  std::mt19937 random{42};
  std::vector<bytes> sent;
  for (unsigned i = 0; i < 5000; ++i) {
    auto header = random() % ring_reader::max_header_size;
    auto data = random() % 8 == 0 ? random() % ring_reader::max_data_size : 0;
    while (!x.write(header, data, i % 251))
      REQUIRE(x.receive() > 0);
    sent.push_back(make(header, i % 251));
  }
  x.receive();
  CHECK(x.headers == sent);
}

TEST_CASE("two threads lose nothing in a ring") {
  both_ends x;
  constexpr unsigned count = 20000;
  std::thread writer{[&x] {
    for (unsigned i = 0; i < count; ++i) {
      auto header = make(1 + i % 200, i % 251);
      while (!x.writer.write(header, make(i % 5000, i % 251)))
        std::this_thread::yield();
    }
  }};
  unsigned n = 0;
  auto good = true;
  while (n < count) {
    auto taken = x.reader.receive(16, [&](const ring_message& y) {
      good &= y.header.size() == 1 + n % 200 && y.data.size() == n % 5000;
      for (auto part : {y.header, y.data})
        for (auto byte : part)
          good &= byte == static_cast<std::byte>(n % 251);
      ++n;
    });
    REQUIRE(taken.has_value());
    if (*taken == 0)
      std::this_thread::yield();
  }
  writer.join();
  CHECK(good);
}

TEST_CASE("a writer without room is told once when there is some") {
  both_ends x;
  size_t n = 0;
  while (x.write(8, ring_reader::max_data_size, 1))
    ++n;
  CHECK(n > 1);
  CHECK_FALSE(x.write(8, ring_reader::max_data_size, 1));
  CHECK(x.receive() == n);
  CHECK(x.reader.writer_waits());
  CHECK_FALSE(x.reader.writer_waits());
  CHECK(x.write(8, ring_reader::max_data_size, 1));
  CHECK(x.receive() == 1);
  CHECK_FALSE(x.reader.writer_waits());
}

TEST_CASE("a writer learns once that the reader sleeps") {
  both_ends x;
  REQUIRE(x.write(8, 0, 1));
  CHECK_FALSE(x.reader.prepare_sleep()); // there is something
  CHECK_FALSE(x.writer.reader_sleeps());
  x.receive();
  CHECK(x.reader.prepare_sleep());
  CHECK(x.writer.reader_sleeps());
  CHECK_FALSE(x.writer.reader_sleeps());
  CHECK(x.reader.prepare_sleep());
  x.reader.finish_sleep();
  CHECK_FALSE(x.writer.reader_sleeps());
}

TEST_CASE("a ring is opened only by whoever knows its nonce") {
  auto reader = *ring_reader::make(size);
  auto pid = ::getpid();
  CHECK(ring_writer::open(pid, reader.fd(), reader.nonce()));
  CHECK_FALSE(ring_writer::open(pid, reader.fd(), reader.nonce() + 1));
  auto fd = reader.fd();
  reader.close_fd();
  CHECK(reader.fd() == -1);
  CHECK_FALSE(ring_writer::open(pid, fd, reader.nonce()));
}

TEST_CASE("what is no ring is not opened") {
  auto pid = ::getpid();
  int pipe_fds[2];
  REQUIRE(::pipe(pipe_fds) == 0);
  CHECK_FALSE(ring_writer::open(pid, pipe_fds[0], 1));
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
  CHECK_FALSE(ring_writer::open(pid, 1000000, 1));
  auto open_file = [pid](size_t n, int seals) {
    auto fd = ::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    REQUIRE(::ftruncate(fd, static_cast<off_t>(n)) == 0);
    if (seals != 0)
      REQUIRE(::fcntl(fd, F_ADD_SEALS, seals) == 0);
    auto result = ring_writer::open(pid, fd, 0);
    ::close(fd);
    return result.has_value();
  };
  constexpr auto sealed = F_SEAL_SHRINK | F_SEAL_GROW;
  CHECK_FALSE(open_file(sizeof(ring_state) + size, 0)); // could shrink
  CHECK_FALSE(open_file(0, sealed));
  CHECK_FALSE(open_file(sizeof(ring_state), sealed));
  CHECK_FALSE(open_file(sizeof(ring_state) + size + 8, sealed));
  CHECK_FALSE(open_file(sizeof(ring_state) + size, sealed)); // says 0 bytes
}

TEST_CASE("a reader sees nonsense and does not believe it") {
  both_ends x;
  REQUIRE(x.write(8, 8, 1));
  SECTION("more written than fits") {
    x.state().written = size + 8;
  }
  SECTION("less written than read") {
    x.receive();
    x.state().written = 0;
  }
  SECTION("an odd number of bytes written") {
    x.state().written = 25;
  }
  SECTION("only a part of the message written") {
    x.state().written = 16;
  }
  SECTION("a header that is too long") {
    x.scribble(0, ring_reader::max_header_size + 1);
    x.state().written = size;
  }
  SECTION("data that are too long") {
    x.scribble(4, ring_reader::max_data_size + 1);
    x.state().written = size;
  }
  SECTION("sizes whose sum overflows") {
    x.scribble(0, UINT32_MAX - 1);
    x.scribble(4, UINT32_MAX);
  }
  SECTION("a gap that is not written") {
    x.scribble(0, UINT32_MAX);
  }
  CHECK_FALSE(x.makes_sense());
  CHECK_FALSE(x.makes_sense());
}
