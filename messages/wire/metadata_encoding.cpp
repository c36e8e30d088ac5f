// SPDX-License-Identifier: BSD-3-Clause

// The forms in which metadata travel: bytes, text, JSON.

#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/wire/encoding.hpp"
#include "caf_rdma/messages/wire/json_escapes.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"

#include <capnp/compat/json.h>
#include <kj/encoding.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rdma {

namespace {

constexpr auto malformed = errc::malformed_metadata;

constexpr size_t max_descriptors = 65536;

/// 65,536 descriptors take about 5 MB.
constexpr size_t max_json_size = size_t{6} << 20;

/// Longer leases than a timespan can express are cut.
constexpr auto max_lease
  = std::chrono::floor<std::chrono::milliseconds>(caf::timespan::max());

constexpr std::string_view text_prefix = "b64:";

constexpr std::string_view white_space = " \t\r\n\f\v";

// -- reading -----------------------------------------------------------------

/// Converts an enum of the wire. A value that does not fit stays an unknown
/// one.
template <class Enum, class WireEnum>
Enum narrow(WireEnum x) {
  return static_cast<Enum>(std::min(static_cast<unsigned>(x), 255u));
}

remote_descriptor read(wire::Descriptor::Reader in) {
  return {in.getSize(),
          {narrow<device_type>(in.getDeviceType()), in.getDeviceId()}};
}

grant read(wire::Grant::Reader in) {
  grant result;
  result.claims = in.getClaims();
  result.blocks = in.getBlocks();
  result.notifications = in.getNotifications();
  result.verify = in.getVerify();
  for (auto x : in.getWorkers())
    result.workers.push_back(detail::to_std_string(x));
  result.lease = std::chrono::milliseconds{
    static_cast<int64_t>(std::min<uint64_t>(in.getLease(), max_lease.count()))};
  return result;
}

caf::expected<metadata> read(wire::Metadata::Reader in) {
  if (auto err = detail::check_version(in.getVersion()); err != caf::none)
    return err;
  auto list = in.getDescriptors();
  if (list.size() == 0 || list.size() > max_descriptors)
    return make_error(malformed, std::to_string(list.size())
                                   + " descriptors, not 1 to 65536");
  metadata result{detail::read(in.getWorker()),
                  detail::read(in.getToken()),
                  narrow<operation_kind>(in.getKind()),
                  {},
                  {}};
  if (in.hasGrant())
    result.terms = read(in.getGrant());
  result.descriptors.reserve(list.size());
  for (auto x : list)
    result.descriptors.push_back(read(x));
  if (auto err = check(result); err != caf::none)
    return err;
  return result;
}

caf::expected<metadata> read_struct(std::span<const std::byte> body) {
  return detail::with_struct<wire::Metadata>(
    body, [](wire::Metadata::Reader in) { return read(in); });
}

// -- writing -----------------------------------------------------------------

void write(wire::Descriptor::Builder out, const remote_descriptor& x) {
  out.setSize(x.size);
  out.setDeviceType(static_cast<wire::DeviceType>(x.device.type));
  out.setDeviceId(x.device.id);
}

void write(wire::Grant::Builder out, const grant& x) {
  out.setClaims(x.claims);
  out.setBlocks(x.blocks);
  out.setNotifications(x.notifications);
  out.setVerify(x.verify);
  if (!x.workers.empty()) {
    auto list = out.initWorkers(static_cast<unsigned>(x.workers.size()));
    for (unsigned i = 0; i < list.size(); ++i)
      list.set(i, {x.workers[i].data(), x.workers[i].size()});
  }
  auto lease = std::chrono::ceil<std::chrono::milliseconds>(x.lease);
  out.setLease(static_cast<uint64_t>(std::max<int64_t>(lease.count(), 0)));
}

void write(wire::Metadata::Builder out, const metadata& x) {
  out.setVersion(format_version);
  detail::write(out.initWorker(), x.worker);
  detail::write(out.initToken(), x.secret);
  out.setKind(static_cast<wire::Kind>(x.kind));
  auto list = out.initDescriptors(static_cast<unsigned>(x.descriptors.size()));
  for (unsigned i = 0; i < list.size(); ++i)
    write(list[i], x.descriptors[i]);
  if (x.terms != grant{})
    write(out.initGrant(), x.terms);
}

void configure(capnp::JsonCodec& codec) {
  codec.handleByAnnotation<wire::MetadataJson>();
  codec.setRejectUnknownFields(true);
  codec.setMaxNestingDepth(8);
}

std::string_view trim(std::string_view str) {
  auto first = str.find_first_not_of(white_space);
  if (first == std::string_view::npos)
    return {};
  return str.substr(first, str.find_last_not_of(white_space) - first + 1);
}

} // namespace

// -- bytes -------------------------------------------------------------------

std::vector<std::byte> to_bytes(const metadata& x) {
  capnp::MallocMessageBuilder out;
  auto root = out.initRoot<wire::Metadata>();
  write(root, x);
  auto words = capnp::canonicalize(root.asReader());
  return detail::seal(detail::to_span(words.asBytes()));
}

caf::expected<metadata> metadata_from_bytes(std::span<const std::byte> bytes) {
  auto body = detail::unseal(bytes, max_metadata_size);
  if (!body)
    return body.error();
  return read_struct(*body);
}

caf::error detail::load(metadata& x, std::span<const std::byte> bytes) {
  auto result = metadata_from_bytes(bytes);
  if (!result)
    return result.error();
  x = std::move(*result);
  return {};
}

// -- text --------------------------------------------------------------------

std::string to_text(const metadata& x) {
  auto text = kj::encodeBase64(detail::to_data(to_bytes(x)));
  return std::string{text_prefix}.append(text.begin(), text.size());
}

caf::expected<metadata> metadata_from_text(std::string_view text) {
  constexpr auto limit = text_prefix.size() + (max_metadata_size + 2) / 3 * 4;
  text = trim(text);
  if (text.size() > limit)
    return make_error(malformed, std::to_string(text.size())
                                   + " characters exceed the limit of "
                                   + std::to_string(limit));
  if (!text.starts_with(text_prefix))
    return make_error(malformed, "the text does not start with \"b64:\"");
  text.remove_prefix(text_prefix.size());
  auto bytes = kj::decodeBase64(kj::arrayPtr(text.data(), text.size()));
  if (bytes.hadErrors)
    return make_error(malformed, "the text is not valid base64");
  return metadata_from_bytes(detail::to_span(bytes));
}

// -- JSON --------------------------------------------------------------------

std::string to_json(const metadata& x) {
  capnp::MallocMessageBuilder out;
  auto root = out.initRoot<wire::MetadataJson>();
  write(root.initMetadata(), x);
  auto words = capnp::canonicalize(root.getMetadata().asReader());
  if (auto sum = detail::sha256(detail::to_span(words.asBytes())))
    root.setSha256({reinterpret_cast<kj::byte*>(sum->data()), sum->size()});
  capnp::JsonCodec codec;
  configure(codec);
  auto text = codec.encode(root.asReader());
  return {text.begin(), text.size()};
}

caf::expected<metadata> metadata_from_json(std::string_view json) {
  if (json.size() > max_json_size)
    return make_error(malformed, std::to_string(json.size())
                                   + " characters exceed the limit of "
                                   + std::to_string(max_json_size));
  return detail::guarded(malformed, [json]() -> caf::expected<metadata> {
    capnp::JsonCodec codec;
    configure(codec);
    capnp::MallocMessageBuilder in;
    auto root = in.initRoot<wire::MetadataJson>();
    auto text = detail::expand_escapes(json);
    codec.decode(kj::arrayPtr(text.data(), text.size()), root);
    auto words = capnp::canonicalize(root.getMetadata().asReader());
    auto body = detail::to_span(words.asBytes());
    auto sum = detail::sha256(body);
    auto claimed = detail::to_span(root.getSha256().asReader());
    if (!sum || !std::ranges::equal(*sum, claimed))
      return make_error(malformed, "the SHA-256 does not match: damaged");
    return read_struct(body);
  });
}

} // namespace rdma
