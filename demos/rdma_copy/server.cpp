// SPDX-License-Identifier: BSD-3-Clause

#include "server.hpp"

#include "download_session.hpp"
#include "failure.hpp"
#include "program.hpp"
#include "signals.hpp"
#include "upload_session.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace rdma_copy {

// -- the actor ---------------------------------------------------------------

server_state::server_state(server_actor::pointer self, const options& opts,
                           rdma::connector_actor connector)
  : self_(self), options_(opts), connector_(std::move(connector)) {
  // nop
}

server_actor::behavior_type server_state::make_behavior() {
  self_->set_down_handler([this](const caf::down_msg& x) {
    std::erase_if(*sessions_, [&x](const caf::actor& hdl) {
      return hdl.address() == x.source;
    });
  });
  // By then the state is gone already.
  self_->attach_functor([sessions = sessions_] {
    for (auto& hdl : *sessions)
      caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  });
  return {
    [this](upload_atom, const std::string& name, uint64_t size,
           uint64_t block_size) { return upload(name, size, block_size); },
    [this](download_atom, const std::string& name, uint64_t block_size) {
      return download(name, block_size);
    },
  };
}

caf::result<upload_actor, uint64_t>
server_state::upload(const std::string& name, uint64_t size,
                     uint64_t block_size) {
  if (auto err = check_name(name); err != caf::none)
    return err;
  if (block_size == 0)
    return failure("the block size is zero");
  auto target = part_file::create(name);
  if (!target)
    return target.error();
  layout file{size, std::min(block_size, options_.buffer_size)};
  auto session = self_->spawn<upload_session_actor>(
    setup(name, file), std::make_shared<part_file>(std::move(*target)));
  adopt(caf::actor_cast<caf::actor>(session));
  return {session, file.block_size};
}

caf::result<download_actor, uint64_t, uint64_t>
server_state::download(const std::string& name, uint64_t block_size) {
  if (auto err = check_name(name); err != caf::none)
    return err;
  if (block_size == 0)
    return failure("the block size is zero");
  auto source = file::open(name, file::links::refuse);
  if (!source)
    return source.error();
  layout blocks{source->size(), std::min(block_size, options_.buffer_size)};
  auto session = self_->spawn<download_session_actor>(
    setup(name, blocks), std::make_shared<file>(std::move(*source)));
  adopt(caf::actor_cast<caf::actor>(session));
  return {session, blocks.size, blocks.block_size};
}

session_setup server_state::setup(const std::string& name, const layout& file) {
  return {connector_,
          caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender()),
          name,
          file,
          options_.buffers,
          options_.timeout,
          options_.quiet};
}

void server_state::adopt(const caf::actor& session) {
  self_->monitor(session);
  sessions_->push_back(session);
}

// -- the program -------------------------------------------------------------

namespace {

caf::error serve(caf::actor_system& sys, rdma::runtime& runtime,
                 const options& opts) {
  auto server = sys.spawn<server_actor_impl, caf::detached>(
    opts, runtime.spawn_connector("rdma_copy"));
  auto& mm = sys.middleman();
  auto port = mm.publish(server, opts.port, opts.bind.c_str(), true);
  if (port) {
    std::printf("listening on %u\n", static_cast<unsigned>(*port));
    std::fflush(stdout);
    wait_for_signal();
    mm.unpublish(server, *port);
  }
  caf::anon_send_exit(server, caf::exit_reason::user_shutdown);
  return port ? caf::error{} : port.error();
}

} // namespace

int serve(const options& opts) {
  // Names of files are relative to it from here on, and no message to a client
  // tells more.
  if (::chdir(opts.directory.c_str()) != 0) {
    std::fprintf(stderr, "rdma_copy: %s: %s\n", opts.directory.c_str(),
                 std::strerror(errno));
    return 1;
  }
  return run(opts, [&opts](caf::actor_system& sys, rdma::runtime& runtime) {
    return serve(sys, runtime, opts);
  });
}

} // namespace rdma_copy
