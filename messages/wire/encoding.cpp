// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/encoding.hpp"

#include "caf_rdma/messages/metadata.hpp"

#include <cstring>

namespace rdma::detail {

namespace {

constexpr size_t max_address_size = 4096;

} // namespace

void write(wire::Worker::Builder out, const worker_info& x) {
  out.setId({x.id.c_str(), x.id.size()});
  out.setIncarnation(x.incarnation);
  out.setAddress(to_data(x.address));
}

void write(wire::Token::Builder out, const token& x) {
  out.setHigh(x.high);
  out.setLow(x.low);
}

worker_info read(wire::Worker::Reader in) {
  auto address = to_span(in.getAddress());
  return {to_std_string(in.getId()),
          in.getIncarnation(),
          {address.begin(), address.end()}};
}

token read(wire::Token::Reader in) {
  return {in.getHigh(), in.getLow()};
}

caf::error validate(const worker_info& x, errc code) {
  if (x.id.empty() || x.id.size() > max_worker_id_size)
    return make_error(code, "the worker id has " + std::to_string(x.id.size())
                              + " B, not 1 to 255");
  if (x.id.find('\0') != std::string::npos)
    return make_error(code, "the worker id contains a NUL");
  if (x.incarnation == 0)
    return make_error(code, "the incarnation is 0");
  if (x.address.empty() || x.address.size() > max_address_size)
    return make_error(code, "the worker address has "
                              + std::to_string(x.address.size())
                              + " B, not 1 to 4096");
  return {};
}

caf::error check_version(uint16_t version) {
  if (version == format_version)
    return {};
  return make_error(errc::unsupported_version,
                    "format version " + std::to_string(version) + ", not "
                      + std::to_string(format_version));
}

kj::Array<capnp::word> to_words(std::span<const std::byte> bytes) {
  auto result = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(result.begin(), bytes.data(), result.asBytes().size());
  return result;
}

} // namespace rdma::detail
