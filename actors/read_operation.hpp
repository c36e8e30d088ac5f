// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/active_operation.hpp"
#include "caf_rdma/actors/destination_operation.hpp"

namespace rdma {

/// Active: reads a peer's readable operation into the local memory.
class read_operation : public destination_operation {
public:
  static inline const char* name = "rdma.read";

  read_operation(actor_base* self, operation_setup setup,
                 remote_operation remote);

protected:
  void start() override;

  caf::result<metadata> describe() override;

  void set_notification(std::string text) override;

  void on_final() override;

private:
  void begin(const link_info& x);

  remote_operation remote_;
};

} // namespace rdma
