// SPDX-License-Identifier: BSD-3-Clause

#include "subject.hpp"

#include <array>
#include <utility>

namespace transfer_bench {

namespace {

constexpr std::array<std::pair<contender, const char*>, 9> names{{
  {contender::library, "library"},
  {contender::raw_ucx, "raw_ucx"},
  {contender::raw_eager, "raw_eager"},
  {contender::raw_put, "raw_put"},
  {contender::raw_pull, "raw_pull"},
  {contender::process_vm_readv, "process_vm_readv"},
  {contender::memcpy, "memcpy"},
  {contender::tcp_socket, "tcp_socket"},
  {contender::actors, "actors"},
}};

} // namespace

std::string to_string(contender x) {
  for (auto& [value, name] : names)
    if (value == x)
      return name;
  return "???";
}

contender parse_contender(const std::string& str) {
  for (auto& [value, name] : names)
    if (name == str)
      return value;
  die("unknown contender: " + str);
}

} // namespace transfer_bench
