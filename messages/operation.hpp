// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/status.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/result.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include <string>
#include <utility>

namespace rdma {

/// What an operation answers.
///
/// - metadata: what the active side needs; `kind_mismatch` if this operation is
///   an active one.
/// - status: where the operation stands, at once.
/// - wait: answers when the operation is final, with the report if it is
///   COMPLETE, otherwise with the error that ended it.
/// - cancel: asks the operation to end, if it has not, and answers when it is
///   final with what has really become of it: COMPLETE, too, is possible. The
///   text says why and reaches the other side.
/// - renew: gives the operation a new deadline, counted from now; infinite is
///   none. Renews the lease of a grant. `operation_ended` if it comes too late.
using operation_actor = caf::typed_actor<
  caf::result<metadata>(metadata_atom), caf::result<report>(status_atom),
  caf::result<report>(wait_atom), caf::result<report>(cancel_atom),
  caf::result<report>(cancel_atom, std::string),
  caf::result<void>(renew_atom, caf::timespan)>;

/// Holds an operation. When the last copy goes away the operation is cancelled,
/// even if somebody waits for it: so keep a copy where the answer is expected,
/// for example in the callback of `wait`. An actor that dies takes its copies
/// along, and by that cancels its operations. May be copied and dropped on any
/// thread, also after the runtime is gone. Stays in the process: it cannot be
/// sent to another node.
class operation {
public:
  using actor_type = operation_actor;

  operation() = default;

  explicit operation(operation_actor hdl) : actor_(std::move(hdl)) {
    // nop
  }

  /// Send requests here. Keep the `operation`, not only a copy of this.
  const operation_actor& actor() const noexcept {
    return actor_;
  }

  explicit operator bool() const noexcept {
    return static_cast<bool>(actor_);
  }

private:
  operation_actor actor_;
};

/// What a prepared operation answers.
///
/// - start: moves the bytes once more, and answers when that has ended, like
///   `wait`. A text is the start's notification, instead of the one that it was
///   prepared with. `operation_busy` while the start before has not ended.
/// - status: of the start that is under way, or of the last one; INITIALIZED
///   before the first.
/// - cancel: ends the start that is under way, and answers like the cancel of
///   an operation. The next start is as good as any.
using prepared_actor = caf::typed_actor<
  caf::result<report>(start_atom), caf::result<report>(start_atom, std::string),
  caf::result<report>(status_atom), caf::result<report>(cancel_atom),
  caf::result<report>(cancel_atom, std::string)>;

/// Holds an active operation whose lists are checked and whose peer is known,
/// and that can be started any number of times, one after the other. What is
/// said of `operation` is true for it, too.
class prepared_operation {
public:
  using actor_type = prepared_actor;

  prepared_operation() = default;

  explicit prepared_operation(prepared_actor hdl) : actor_(std::move(hdl)) {
    // nop
  }

  /// Send requests here. Keep the `prepared_operation`, not only a copy of
  /// this.
  const prepared_actor& actor() const noexcept {
    return actor_;
  }

  explicit operator bool() const noexcept {
    return static_cast<bool>(actor_);
  }

private:
  prepared_actor actor_;
};

} // namespace rdma
