// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/runtime.hpp"
#include "caf_rdma/tests/process/worker_memory.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace rdma_test {

/// Does what the lines of its input say; answers each with one line, "ok ..."
/// or "error CODE REASON". IDs are words, SIZES is "N", "NxCOUNT" or "N,N,...".
///
///     writable ID SIZES           ok METADATA
///     readable ID SEED SIZES      ok METADATA
///     write ID SEED SIZES METADATA
///     read ID SIZES METADATA
///     wait ID                     ok STATUS BYTES LANE PEER
///     status ID                   the same, at once
///     cancel ID WHY               ok STATUS
///     check ID SEED               does the memory hold that pattern?
///     poison ID                   like wait, and overwrites the memory at once
///     poisoned ID                 is the memory as that has left it?
///     drop ID                     forgets the operation and its memory
///     deadline MS                 of operations begun from now on; 0: default
///     claims N                    of grants made from now on; 0: any number
///     link                        the next event of a link, once it is there:
///                                 ok PEER LANE, or error CODE PEER
///     stats                       ok RSS_KIB FDS ACTORS CPU_MS SLEEPS
class worker {
public:
  worker(caf::actor_system& sys, rdma::runtime& rt);

  std::string handle(const std::string& line);

private:
  struct entry {
    worker_memory memory;
    rdma::operation operation;
  };

  std::string passive(std::istream& in, bool writable);

  std::string active(std::istream& in, bool write);

  std::string wait(const std::string& id);

  std::string check(const std::string& id, uint64_t seed);

  std::string poison(const std::string& id);

  std::string poisoned(const std::string& id);

  std::string next_link_event();

  std::string stats();

  template <class... Ts>
  std::string begin(const std::string& id, entry x, Ts&&... xs);

  rdma::runtime& runtime_;
  rdma::connector_actor connector_;
  caf::scoped_actor self_;
  caf::scoped_actor links_; // hears of them
  std::map<std::string, entry> entries_;
  rdma::operation_options options_;
  rdma::grant terms_; // of passive operations
};

} // namespace rdma_test
