// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "disk.hpp"
#include "session.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <memory>
#include <set>

namespace rdma_copy {

/// Sends a file: reads ahead, hashes, and lets the client fetch block by block.
class download_session : public session<download_actor> {
public:
  static inline const char* name = "get";

  download_session(pointer self, session_setup setup,
                   std::shared_ptr<file> source);

  download_actor::behavior_type make_behavior();

private:
  caf::result<rdma::metadata> grant(uint64_t block);

  caf::result<std::string> finish();

  /// Reads ahead while there are free buffers.
  void load();

  /// Grants a block that is both loaded and asked for.
  void serve(uint64_t block);

  void create_readable(uint64_t block, grant_promise promise);

  void stage_done(uint64_t block) override;

  void on_failure() override;

  void check_finished();

  std::shared_ptr<file> source_;
  reader_actor reader_;
  uint64_t asked_ = 0;
  std::map<uint64_t, grant_promise> grants_; // not served yet
  std::set<uint64_t> loaded_;                // not served yet
  caf::typed_response_promise<std::string> finish_;
};

using download_session_actor
  = caf::stateful_actor<download_session, download_actor::base>;

} // namespace rdma_copy
