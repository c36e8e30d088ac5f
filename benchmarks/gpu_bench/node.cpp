// SPDX-License-Identifier: BSD-3-Clause

#include "node.hpp"

#include "transfer_bench/types.hpp"

#include <chrono>

namespace gpu_bench {

namespace {

using transfer_bench::die;

/// Bytes that depend on the seed and on their place.
std::vector<std::byte> pattern(size_t size, unsigned seed) {
  std::vector<std::byte> result(size);
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::byte>(seed + i + i / 4096);
  return result;
}

void failed(const caf::error& err) {
  die(to_string(err));
}

} // namespace

void node::start(const setup& x) {
  drop();
  connector_ = nullptr;
  runtime_.reset();
  rdma::runtime_options options;
  options.busy_poll = true;
  options.transport.lane = x.lane;
  options.transport.gpu = x.path == "staged" ? "staged" : "auto";
  options.transport.space = source_.space();
  auto made = rdma::runtime::make(system_, std::move(options));
  if (!made)
    failed(made.error());
  runtime_.emplace(std::move(*made));
  connector_ = runtime_->spawn_connector("bench");
}

void node::allocate(rdma::device where, size_t size, unsigned seed) {
  drop();
  memory_ = source_.make(where, size);
  memory_->write(pattern(size, seed));
}

bool node::check(unsigned seed) const {
  std::vector<std::byte> found;
  memory_->read(found);
  return found == pattern(memory_->size(), seed);
}

std::string node::grant() {
  rdma::operation_options opts;
  opts.grant.claims = rdma::any_number_of_claims;
  rdma::descriptor_list local{{memory_->data(), memory_->size()}};
  self_
    ->request(connector_, caf::infinite, rdma::create_writable_atom_v,
              std::move(local), std::move(opts))
    .receive([this](rdma::operation& x) { passive_ = std::move(x); }, failed);
  std::string result;
  self_->request(passive_.actor(), caf::infinite, rdma::metadata_atom_v)
    .receive([&](const rdma::metadata& x) { result = to_text(x); }, failed);
  return result;
}

std::vector<double> node::write_to(const std::string& grant, size_t times,
                                   std::string& lane) {
  auto remote = rdma::metadata_from_text(grant);
  if (!remote)
    failed(remote.error());
  rdma::descriptor_list local{{memory_->data(), memory_->size()}};
  rdma::prepared_operation active;
  self_
    ->request(connector_, caf::infinite, rdma::prepare_write_atom_v,
              std::move(local), std::move(*remote), rdma::operation_options{})
    .receive([&](rdma::prepared_operation& x) { active = std::move(x); },
             failed);
  std::vector<double> result;
  for (size_t i = 0; i < times; ++i) {
    auto begin = std::chrono::steady_clock::now();
    self_->request(active.actor(), caf::infinite, rdma::start_atom_v)
      .receive([&](const rdma::report& x) { lane = x.lane; }, failed);
    std::chrono::duration<double> took = std::chrono::steady_clock::now()
                                         - begin;
    result.push_back(took.count());
  }
  return result;
}

void node::drop() {
  passive_ = {};
}

} // namespace gpu_bench
