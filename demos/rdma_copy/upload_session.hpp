// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "disk.hpp"
#include "session.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <memory>

namespace rdma_copy {

/// Receives a file: grants memory block by block, hashes and stores what lands
/// there.
class upload_session : public session<upload_actor> {
public:
  static inline const char* name = "put";

  upload_session(pointer self, session_setup setup,
                 std::shared_ptr<part_file> target);

  upload_actor::behavior_type make_behavior();

private:
  caf::result<rdma::metadata> grant(uint64_t block);

  caf::result<void> finish(const std::string& sha256);

  /// Grants waiting blocks while there are free buffers.
  void serve();

  void create_writable(uint64_t block, grant_promise promise);

  /// Called when the bytes of a block are here.
  void landed(uint64_t block);

  void stage_done(uint64_t block) override;

  void on_failure() override;

  void check_finished();

  void compare(const std::string& ours);

  std::shared_ptr<part_file> target_;
  writer_actor writer_;
  std::deque<grant_promise> grants_; // in the order of the blocks
  uint64_t granted_ = 0;
  std::string expected_;
  caf::typed_response_promise<void> finish_;
};

using upload_session_actor
  = caf::stateful_actor<upload_session, upload_actor::base>;

} // namespace rdma_copy
