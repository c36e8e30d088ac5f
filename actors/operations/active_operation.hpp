// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/operation_core.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace rdma {

/// What an active operation knows of the other side.
struct remote_operation {
  /// Where the peer was last; none if its ID is 0.
  link_info link;
  worker_info worker;
  token secret;
  /// The parts of its memory to move; all of it if empty.
  selection blocks;
  std::optional<std::string> notification;
  /// Check the CRC32C of every chunk.
  bool verify = false;
  rdma::priority priority = rdma::priority::normal;
  /// Its owner has a listener for notifications.
  bool listens = false;
};

/// Calls `on_link` with a link to the peer: at once if one is known, otherwise
/// once the connector has found one. Calls `on_error`, later, if it does not.
void find_link(operation_core::actor_base* self, const operation_home& home,
               const remote_operation& remote,
               std::function<void(const link_info&)> on_link,
               std::function<void(const caf::error&)> on_error);

/// Returns what an active operation says to the passive one before any byte
/// moves. A write, which has no reply secret, need not say anything if it fills
/// all of the memory.
std::optional<claim> make_claim(const remote_operation& remote,
                                const token& reply_secret, uint64_t total);

/// Returns `not_granted` if nobody listens, `invalid_option` if the text is too
/// long.
caf::error check_notification(const std::string& text, bool listens);

/// The answer of an active operation that is asked for metadata.
caf::error no_metadata();

/// What read and write have in common: they know whom to reach. `Base` is the
/// side that this process takes.
template <class Base>
class active_operation : public Base {
public:
  active_operation(operation_core::actor_base* self, operation_setup setup,
                   remote_operation remote)
    : Base(self, std::move(setup)),
      remote_(std::move(remote)),
      prepared_notification_(remote_.notification) {
    this->report_.peer = remote_.worker.id;
  }

protected:
  /// There is a link: claims and moves.
  virtual void begin(const link_info& x) = 0;

  void start() override {
    // Answers may come when that start has ended and another is under way.
    auto number = this->start_number();
    find_link(
      this->self(), this->setup().home, remote_,
      [this, number](const link_info& x) {
        if (!this->ending() && number == this->start_number())
          begin(x);
      },
      [this, number](const caf::error& reason) {
        if (number == this->start_number())
          this->finish(reason);
      });
  }

  caf::error set_notification(std::optional<std::string> text) override {
    if (text) {
      if (auto err = check_notification(*text, remote_.listens);
          err != caf::none)
        return err;
      remote_.notification = std::move(text);
    } else {
      remote_.notification = prepared_notification_;
    }
    return {};
  }

  /// A start after one that has failed looks for the peer anew.
  void on_final() override {
    Base::on_final();
    if (this->report_.status == status::errored)
      remote_.link = {};
  }

  caf::result<metadata> describe() override {
    return no_metadata();
  }

  const remote_operation& remote() const noexcept {
    return remote_;
  }

private:
  remote_operation remote_;
  std::optional<std::string> prepared_notification_;
};

} // namespace rdma
