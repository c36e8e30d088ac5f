// SPDX-License-Identifier: BSD-3-Clause

// Encode, then prefill, as in multimodal serving: the prefill worker sends the
// metadata of a writable buffer along with its request, and the encoder writes
// the embeddings of the image straight into it. Both workers run in this
// program; in a real one the request travels by `remote_actor`, HTTP or a
// queue, with the metadata as text.
#include "caf_rdma/actors/runtime.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/scoped_actor.hpp>

#include <iostream>
#include <memory>
#include <numeric>
#include <vector>

using namespace rdma;

using embeddings = std::vector<float>;

constexpr size_t tokens_per_image = 576;
constexpr size_t hidden_size = 1024;
constexpr auto patience = std::chrono::seconds{10};

// Stands in for a vision model.
std::shared_ptr<embeddings> encode(const std::string& image) {
  auto result = std::make_shared<embeddings>(tokens_per_image * hidden_size);
  std::iota(result->begin(), result->end(), static_cast<float>(image.size()));
  return result;
}

// Answers a request for an image, with the metadata of where its embeddings
// belong, once they are there.
caf::behavior encoder(caf::event_based_actor* self,
                      const connector_actor& connector) {
  return {
    [=](const std::string& image, const std::string& where) {
      auto promise = self->make_response_promise<report>();
      auto target = metadata_from_text(where);
      if (!target) {
        promise.deliver(target.error());
        return promise;
      }
      auto result = encode(image);
      // The operation keeps the memory until it is final.
      descriptor_list from{{std::span{*result}, result}};
      auto fail = [promise](caf::error& err) mutable { promise.deliver(err); };
      self->request(connector, patience, begin_write_atom_v, from, *target)
        .then(
          [=](operation& write) {
            self->request(write.actor(), patience, wait_atom_v)
              .then([promise, write](report& x) mutable { promise.deliver(x); },
                    fail);
          },
          fail);
      return promise;
    },
  };
}

// Returns whether the embeddings of the image have come.
bool prefill(caf::scoped_actor& self, const connector_actor& connector,
             const caf::actor& encoder, const std::string& image) {
  embeddings buffer(tokens_per_image * hidden_size);
  auto good = true;
  auto fail = [&good](const caf::error& err) {
    std::cerr << to_string(err) << '\n';
    good = false;
  };
  operation writable;
  std::string where;
  self
    ->request(connector, patience, create_writable_atom_v,
              descriptor_list{{std::span{buffer}}})
    .receive([&](operation& x) { writable = x; }, fail);
  if (good)
    self->request(writable.actor(), patience, metadata_atom_v)
      .receive([&](const metadata& x) { where = to_text(x); }, fail);
  if (good)
    self->request(encoder, patience, image, where)
      .receive(
        [](const report& x) {
          std::cout << "encoder: wrote " << x.bytes << " bytes, "
                    << to_string(x.status) << '\n';
        },
        fail);
  // Our own word counts: bytes are here when our operation is COMPLETE.
  if (good)
    self->request(writable.actor(), patience, wait_atom_v)
      .receive(
        [&](const report& x) {
          good = buffer == *encode(image);
          std::cout << "prefill: got " << x.bytes << " bytes, "
                    << (good ? "all as encoded" : "not as encoded") << '\n';
        },
        fail);
  return good;
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
  auto vision = sys.spawn(encoder, rt->spawn_connector("encode"));
  auto good = prefill(self, rt->spawn_connector("prefill"), vision, "cat.png");
  self->send_exit(vision, caf::exit_reason::user_shutdown);
  return good ? 0 : 1;
}
