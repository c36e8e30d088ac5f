// SPDX-License-Identifier: BSD-3-Clause

#include "session.hpp"

#include "library_node.hpp"
#include "memory.hpp"
#include "raw_node.hpp"

#include <chrono>
#include <cstring>
#include <utility>

namespace transfer_bench {

namespace {

// -- the library
// ---------------------------------------------------------------

class library_session : public session {
public:
  library_session(loop_mode mode, second_process& other)
    : other_(other), node_(mode) {
    other_.ask("library " + to_string(mode));
  }

  ~library_session() override {
    other_.ask("end");
  }

  samples run(const work& x) override {
    other_.tell("create " + to_string(x.mode) + ' ' + std::to_string(x.size)
                + ' ' + std::to_string(x.outstanding) + ' '
                + std::to_string(x.count));
    std::vector<rdma::metadata> remote;
    for (size_t i = 0; i < x.count; ++i) {
      auto md = rdma::metadata_from_text(other_.hear());
      if (!md)
        die(to_string(md.error()));
      remote.push_back(std::move(*md));
    }
    auto result = node_.run(x, std::move(remote));
    other_.ask("drop");
    return result;
  }

private:
  second_process& other_;
  library_node node_;
};

// -- raw UCX
// -------------------------------------------------------------------

class raw_session : public session {
public:
  raw_session(loop_mode mode, second_process& other)
    : other_(other), node_(mode) {
    auto address = other_.ask("raw " + to_string(mode));
    node_.connect(address);
    other_.ask(node_.address());
  }

  ~raw_session() override {
    node_.say_bye();
    other_.hear();
  }

  samples run(const work& x) override {
    return node_.run(x);
  }

private:
  second_process& other_;
  raw_node node_;
};

// -- memcpy
// --------------------------------------------------------------------

class memcpy_session : public session {
public:
  memcpy_session() : target_(make_memory(memory_size)) {
    // nop
  }

  samples run(const work& x) override {
    using clock = std::chrono::steady_clock;
    samples result;
    auto start = clock::now();
    auto last = start;
    for (size_t i = 0; i < x.count; ++i) {
      auto from = memory_slot(i % x.outstanding, x.size);
      std::memcpy(target_.get() + (from.data() - memory().data()), from.data(),
                  from.size());
      asm volatile("" : : "r"(target_.get()) : "memory");
      auto now = clock::now();
      result.us.push_back(
        std::chrono::duration<double, std::micro>(now - last).count());
      last = now;
    }
    result.seconds = std::chrono::duration<double>(last - start).count();
    return result;
  }

private:
  std::shared_ptr<std::byte[]> target_;
};

} // namespace

std::string to_string(contender x) {
  switch (x) {
    case contender::library:
      return "library";
    case contender::raw_ucx:
      return "raw_ucx";
    default:
      return "memcpy";
  }
}

std::unique_ptr<session> make_session(contender what, loop_mode mode,
                                      second_process& other) {
  switch (what) {
    case contender::library:
      return std::make_unique<library_session>(mode, other);
    case contender::raw_ucx:
      return std::make_unique<raw_session>(mode, other);
    default:
      return std::make_unique<memcpy_session>();
  }
}

} // namespace transfer_bench
