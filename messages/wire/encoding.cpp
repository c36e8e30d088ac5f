// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/encoding.hpp"

#include "caf_rdma/messages/metadata.hpp"

#include <cstring>

namespace rdma::detail {

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
