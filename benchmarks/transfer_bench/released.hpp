// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace transfer_bench {

/// Returns an owner of memory that sends `delete_atom` when the library has let
/// go of it.
inline std::shared_ptr<const void> tell_when_released(caf::actor listener) {
  return {nullptr, [hdl = std::move(listener)](const void*) {
            caf::anon_send(hdl, caf::delete_atom_v);
          }};
}

} // namespace transfer_bench
