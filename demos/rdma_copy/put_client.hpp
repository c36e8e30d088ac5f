// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "disk.hpp"
#include "transfer_client.hpp"

#include <map>
#include <memory>

namespace rdma_copy {

/// Sends a file: reads each block, hashes it and writes it into the memory that
/// the server grants.
class put_client : public transfer_client {
public:
  static inline const char* name = "rdma_copy.put";

  put_client(caf::event_based_actor* self, client_setup setup,
             std::shared_ptr<file> source, std::string target_name);

private:
  void open() override;

  void start_block(uint64_t block) override;

  void close(const std::string& sha256) override;

  /// Begins the transfer once the block is both loaded and granted.
  void begin_write(uint64_t block);

  struct progress {
    bool loaded = false;
    bool granted = false;
    rdma::metadata target;
  };

  std::shared_ptr<file> source_;
  std::string target_name_;
  reader_actor reader_;
  upload_actor session_;
  std::map<uint64_t, progress> waiting_;
};

} // namespace rdma_copy
