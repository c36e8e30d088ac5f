// SPDX-License-Identifier: BSD-3-Clause

#include "connect.hpp"

#include "failure.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/sec.hpp>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace rdma_copy {

namespace {

[[noreturn]] void give_up(const std::string& where) {
  std::fprintf(stderr, "rdma_copy: no answer from %s in time\n", where.c_str());
  std::fflush(nullptr);
  std::_Exit(1);
}

caf::error explain(const caf::error& err, const std::string& where) {
  if (err == caf::sec::cannot_connect_to_node)
    return failure("cannot connect to " + where);
  return failure("no rdma_copy server at " + where + ": " + to_string(err));
}

} // namespace

caf::expected<server_actor> connect(caf::scoped_actor& self,
                                    const options& opts) {
  auto where = opts.host + ':' + std::to_string(opts.port);
  auto& sys = self->system();
  auto wanted = sys.message_types(caf::detail::type_list<server_actor>{});
  caf::expected<server_actor> result{
    failure("no rdma_copy server at " + where)};
  self
    ->request(sys.middleman().actor_handle(), opts.timeout, caf::connect_atom_v,
              opts.host, opts.port)
    .receive(
      [&](const caf::node_id&, const caf::strong_actor_ptr& hdl,
          const std::set<std::string>& offered) {
        if (hdl && sys.assignable(offered, wanted))
          result = caf::actor_cast<server_actor>(hdl);
      },
      [&](const caf::error& err) {
        if (err == caf::sec::request_timeout)
          give_up(where);
        result = explain(err, where);
      });
  return result;
}

} // namespace rdma_copy
