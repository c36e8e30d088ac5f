// SPDX-License-Identifier: BSD-3-Clause

// Serves a pool of KV-cache pages with one readable operation, and fetches some
// of them again and again with one prepared read. In a real program the
// metadata travels to the other workers, which do the reading. See
// docs/grants.md.
#include "caf_rdma/actors/runtime.hpp"
#include "caf_rdma/messages/claim_report.hpp"

#include <caf/actor_cast.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <iostream>
#include <vector>

using namespace rdma;

constexpr size_t page_size = 4096;

// Sends a request, waits for the answer and notes what went wrong.
template <class T>
bool ask(caf::scoped_actor& self, T& answer, const auto& hdl, auto... xs) {
  bool good = false;
  self->request(hdl, std::chrono::seconds{10}, std::move(xs)...)
    .receive([&](T& x) { good = true, answer = std::move(x); },
             [](caf::error& err) { std::cerr << to_string(err) << '\n'; });
  return good;
}

bool serve_and_read(caf::scoped_actor& self, const connector_actor& connector,
                    const descriptor& pool) {
  const std::array wanted{size_t{3}, size_t{41}, size_t{7}};
  std::vector<char> cache(wanted.size() * page_size);
  descriptor_list all{pool};
  descriptor_list here{{cache.data(), cache.size()}};
  // The owner of the pool: anybody with the metadata may read pages, as often
  // as they like, for an hour.
  operation_options terms;
  terms.grant.claims = any_number_of_claims;
  terms.grant.blocks = true;
  terms.deadline = std::chrono::hours{1};
  terms.listener = caf::actor_cast<caf::actor>(self);
  operation readable;
  metadata info;
  if (!ask(self, readable, connector, create_readable_atom_v, all, terms)
      || !ask(self, info, readable.actor(), metadata_atom_v))
    return false;
  // A reader: these pages, one behind the other.
  operation_options pages;
  for (size_t i = 0; i < wanted.size(); ++i)
    pages.blocks.add(0, wanted[i] * page_size, 0, i * page_size, page_size);
  prepared_operation read;
  if (!ask(self, read, connector, prepare_read_atom_v, info, here, pages))
    return false;
  for (char round : {'a', 'b'}) {
    std::memset(pool.data(), round, pool.size());
    report end;
    if (!ask(self, end, read.actor(), start_atom_v))
      return false;
    auto arrived = std::ranges::count(cache, round);
    std::cout << "fetched " << arrived << " bytes of round " << round << '\n';
    self->receive([](const claim_report& x) {
      std::cout << x.peer << " has read " << x.bytes << " bytes\n";
    });
    if (static_cast<size_t>(arrived) != cache.size())
      return false;
  }
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
  auto pool = rt->allocate(64 * page_size);
  if (!pool)
    return std::cerr << to_string(pool.error()) << '\n', 1;
  caf::scoped_actor self{sys};
  return serve_and_read(self, rt->spawn_connector("pool"), *pool) ? 0 : 1;
}
