// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "disk.hpp"
#include "transfer_client.hpp"

#include <memory>

namespace rdma_copy {

/// Fetches a file: reads each block from the server's memory, hashes it and
/// writes it to the disk.
class get_client : public transfer_client {
public:
  static inline const char* name = "rdma_copy.get";

  get_client(caf::event_based_actor* self, client_setup setup,
             std::shared_ptr<part_file> target, std::string source_name);

private:
  void open() override;

  void start_block(uint64_t block) override;

  void close(const std::string& sha256) override;

  void begin_read(uint64_t block, rdma::metadata& source);

  /// Called when the bytes of a block are here.
  void landed(uint64_t block);

  std::shared_ptr<part_file> target_;
  std::string source_name_;
  writer_actor writer_;
  download_actor session_;
};

} // namespace rdma_copy
