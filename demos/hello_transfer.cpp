// SPDX-License-Identifier: BSD-3-Clause

// Moves a sentence from one buffer to another. In a real program the metadata
// travels to another process, which begins the write.
#include "caf_rdma/actors/runtime.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/scoped_actor.hpp>

#include <iostream>

using namespace rdma;

// Sends a request, waits for the answer and notes what went wrong.
template <class T>
bool ask(caf::scoped_actor& self, T& answer, const auto& hdl, auto... xs) {
  bool good = false;
  self->request(hdl, std::chrono::seconds{10}, std::move(xs)...)
    .receive([&](T& x) { good = true, answer = std::move(x); },
             [](caf::error& err) { std::cerr << to_string(err) << '\n'; });
  return good;
}

bool transfer(caf::scoped_actor& self, const connector_actor& connector) {
  std::string source = "hello, remote memory";
  std::string target(source.size(), '.');
  descriptor_list from{{source.data(), source.size()}};
  descriptor_list to{{target.data(), target.size()}};
  operation writable, write;
  metadata info;
  report sent, received;
  if (!ask(self, writable, connector, create_writable_atom_v, to)
      || !ask(self, info, writable.actor(), metadata_atom_v)
      || !ask(self, write, connector, begin_write_atom_v, from, info)
      || !ask(self, sent, write.actor(), wait_atom_v)
      || !ask(self, received, writable.actor(), wait_atom_v))
    return false;
  std::cout << "arrived: " << target << "\nlane: " << sent.lane
            << "\nwrite operation: " << to_string(sent.status)
            << "\nwritable operation: " << to_string(received.status) << '\n';
  return true;
}

int main(int argc, char* argv[]) {
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  config cfg;
  if (auto err = cfg.parse(argc, argv); err != caf::none)
    return std::cerr << to_string(err) << '\n', 1;
  caf::actor_system sys{cfg};
  auto rt = runtime::make(sys); // after `sys`: it must go first
  if (!rt)
    return std::cerr << to_string(rt.error()) << '\n', 1;
  caf::scoped_actor self{sys};
  return transfer(self, rt->spawn_connector("hello")) ? 0 : 1;
}
