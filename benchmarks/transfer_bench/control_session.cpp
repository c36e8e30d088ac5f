// SPDX-License-Identifier: BSD-3-Clause

#include "control_session.hpp"

namespace transfer_bench {

control_session::control_session(const subject& x, peer_process& other)
  : other_(other), node_(make_control(x.what, x.loop, other.host())) {
  node_->meet(
    other_.ask("control " + to_string(x.what) + ' ' + to_string(x.loop)));
  other_.ask("meet " + node_->introduce());
}

control_session::~control_session() {
  other_.ask("end");
}

samples control_session::run(const work& x) {
  other_.tell("serve");
  auto result = node_->run(x);
  node_->say_bye();
  other_.hear();
  return result;
}

} // namespace transfer_bench
