// SPDX-License-Identifier: BSD-3-Clause

#include "client.hpp"

#include "connect.hpp"
#include "failure.hpp"
#include "get_client.hpp"
#include "program.hpp"
#include "progress_bar.hpp"
#include "put_client.hpp"
#include "signals.hpp"

#include <caf/scoped_actor.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace rdma_copy {

namespace {

using transfer = caf::expected<summary>;

// Opens the local file and starts the client.
class launcher {
public:
  explicit launcher(const options& opts) : opts_(opts) {
    // nop
  }

  // Comes before the server is looked for: no server is needed to say that
  // there is no such file.
  caf::error open_source() {
    if (opts_.command != command::put)
      return {};
    return take(file::open(opts_.source), source_);
  }

  // Comes after `connect`, which may end the program and leave a part behind.
  caf::error open_target() {
    if (opts_.command != command::get)
      return {};
    if (opts_.target.empty())
      return failure("the name of the output file is empty");
    return take(part_file::create(opts_.target), target_);
  }

  caf::actor start(caf::actor_system& sys, client_setup setup) {
    if (source_)
      return sys.spawn<caf::stateful_actor<put_client>>(std::move(setup),
                                                        std::move(source_),
                                                        opts_.target);
    return sys.spawn<caf::stateful_actor<get_client>>(std::move(setup),
                                                      std::move(target_),
                                                      opts_.source);
  }

private:
  template <class T>
  static caf::error take(caf::expected<T> from, std::shared_ptr<T>& to) {
    if (!from)
      return std::move(from.error());
    to = std::make_shared<T>(std::move(*from));
    return {};
  }

  const options& opts_;
  std::shared_ptr<file> source_;
  std::shared_ptr<part_file> target_;
};

// Shows the client's progress until its end, which comes: each of its steps has
// a limit. A signal ends it early.
transfer watch(caf::scoped_actor& self, const caf::actor& client,
               progress_bar& bar) {
  std::optional<transfer> result;
  auto heed_signals = [&self, &client] {
    if (take_signal())
      self->send(client, rdma::cancel_atom_v);
  };
  self->monitor(client);
  self->receive_while([&result] { return !result; })(
    [&](progress_atom, uint64_t done, uint64_t total) {
      bar.update(done, total);
      heed_signals(); // news may come too fast for the timeout below
    },
    [&result](summary& x) { result = std::move(x); },
    [&result](caf::error& err) { result = std::move(err); },
    [&result](const caf::down_msg&) {
      result = failure("the client has failed");
    },
    caf::after(std::chrono::milliseconds{100}) >> heed_signals);
  return std::move(*result);
}

void print(const options& opts, const summary& x) {
  auto rate = x.seconds > 0 ? static_cast<double>(x.bytes) / x.seconds : 0;
  const auto* verb = opts.command == command::put ? "put" : "get";
  const auto& name = opts.command == command::put ? opts.target : opts.source;
  std::printf("%s %s: %llu bytes, %.3f s, %.2f GB/s, lane %s, sha256 %s\n",
              verb, name.c_str(), static_cast<unsigned long long>(x.bytes),
              x.seconds, rate / 1e9, x.lane.c_str(), x.sha256.c_str());
  std::fflush(stdout);
}

caf::error copy(caf::actor_system& sys, rdma::runtime& runtime,
                const options& opts) {
  launcher launch{opts};
  if (auto err = launch.open_source(); err != caf::none)
    return err;
  caf::scoped_actor self{sys};
  auto server = connect(self, opts);
  if (!server)
    return server.error();
  if (auto err = launch.open_target(); err != caf::none)
    return err;
  client_setup setup{*server,
                     runtime.spawn_connector("rdma_copy"),
                     caf::actor_cast<caf::actor>(self),
                     opts.buffers,
                     opts.buffer_size,
                     opts.timeout};
  progress_bar bar{opts.command == command::put ? "put" : "get", opts.quiet};
  auto result = watch(self, launch.start(sys, std::move(setup)), bar);
  bar.clear();
  if (!result)
    return result.error();
  if (!opts.quiet)
    print(opts, *result);
  return {};
}

} // namespace

int copy(const options& opts) {
  return run(opts, [&opts](caf::actor_system& sys, rdma::runtime& runtime) {
    return copy(sys, runtime, opts);
  });
}

} // namespace rdma_copy
