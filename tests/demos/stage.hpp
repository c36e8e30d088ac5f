// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/runtime.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace rdma_copy_test {

/// Longer than any answer may take.
inline constexpr auto patience = std::chrono::seconds{30};

/// SHA-256 of no bytes and of "hello".
inline constexpr std::string_view sha256_of_nothing
  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

inline constexpr std::string_view sha256_of_hello
  = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// A directory that goes away with the object.
class scratch_directory {
public:
  scratch_directory() {
    auto name
      = (std::filesystem::temp_directory_path() / "rdma-demos.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  scratch_directory(const scratch_directory&) = delete;

  scratch_directory& operator=(const scratch_directory&) = delete;

  ~scratch_directory() {
    std::filesystem::remove_all(path_);
  }

  std::string file(const std::string& name) const {
    return (path_ / name).string();
  }

  const std::filesystem::path& path() const noexcept {
    return path_;
  }

private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A runtime, and somebody who asks.
struct stage {
  static rdma::runtime make(caf::actor_system& sys) {
    auto x = rdma::runtime::make(sys);
    if (!x)
      FAIL("cannot start: " << to_string(x.error()));
    return std::move(*x);
  }

  /// Sends a request and returns the answer.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& to, Ts&&... xs) {
    caf::expected<T> result{caf::error{}};
    self->request(to, patience, std::forward<Ts>(xs)...)
      .receive([&](T& x) { result = std::move(x); },
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  scratch_directory directory;
  rdma::config config;
  caf::actor_system system{config};
  rdma::runtime runtime = make(system);
  caf::scoped_actor self{system};
};

} // namespace rdma_copy_test
