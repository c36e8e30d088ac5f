// SPDX-License-Identifier: BSD-3-Clause

#include "etcd.hpp"

#include "etcd_gateway.hpp"
#include "member.hpp"

#include <caf/sec.hpp>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

namespace kv_cluster {

namespace {

using json = nlohmann::json;

// -- base64 ------------------------------------------------------------------

std::string encode(const std::string& bytes) {
  std::string result(4 * ((bytes.size() + 2) / 3) + 1, '\0'); // ends with 0
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  result.pop_back();
  return result;
}

std::optional<std::string> decode(const std::string& text) {
  std::string result(3 * (text.size() / 4) + 3, '\0');
  auto n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                           reinterpret_cast<const unsigned char*>(text.data()),
                           static_cast<int>(text.size()));
  if (n < 0)
    return std::nullopt;
  result.resize(static_cast<size_t>(n));
  // OpenSSL decodes the padding, too.
  for (auto i = text.rbegin(); i != text.rend() && *i == '='; ++i)
    if (!result.empty())
      result.pop_back();
  if (encode(result) != text) // OpenSSL also takes, say, "A=AA"
    return std::nullopt;
  return result;
}

// -- parts of answers --------------------------------------------------------
// Numbers are strings, and what is 0 or empty is left out. Returns nothing if
// there is something else.

std::optional<int64_t> number_in(const json& x, const char* key) {
  auto i = x.find(key);
  if (i == x.end())
    return 0;
  auto* text = i->get_ptr<const std::string*>();
  if (!text)
    return std::nullopt;
  int64_t result = 0;
  auto* end = text->data() + text->size();
  auto [rest, code] = std::from_chars(text->data(), end, result);
  if (code != std::errc{} || rest != end)
    return std::nullopt;
  return result;
}

std::optional<std::string> bytes_in(const json& x, const char* key) {
  auto i = x.find(key);
  if (i == x.end())
    return std::string{};
  auto* text = i->get_ptr<const std::string*>();
  return text ? decode(*text) : std::nullopt;
}

std::optional<etcd_entry> entry_from(const json& x) {
  if (!x.is_object())
    return std::nullopt;
  auto key = bytes_in(x, "key");
  auto value = bytes_in(x, "value");
  if (!key || !value)
    return std::nullopt;
  return etcd_entry{std::move(*key), std::move(*value)};
}

// -- ranges of keys ----------------------------------------------------------
// For etcd a single 0 is the least key. As an end, it stands for none.

std::string first_with(const std::string& prefix) {
  return prefix.empty() ? std::string{'\0'} : prefix;
}

/// The first key that is greater than all that start with `prefix`.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff')
    prefix.pop_back();
  if (prefix.empty())
    return std::string{'\0'};
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

// -- places -----------------------------------------------------------------

std::optional<address> parse(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (url.compare(0, scheme.size(), scheme) != 0)
    return std::nullopt;
  auto result = address_from(url.substr(scheme.size()));
  auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  };
  if (!result || !std::all_of(result->host.begin(), result->host.end(), fits))
    return std::nullopt;
  return result;
}

caf::error too_large(const etcd_gateway& server) {
  return server.failure("takes no more than " + std::to_string(etcd::max_entry)
                        + " bytes");
}

} // namespace

// -- construction ------------------------------------------------------------

caf::expected<etcd> etcd::open(const std::string& url) {
  auto place = parse(url);
  if (!place)
    return caf::make_error(caf::sec::invalid_argument,
                           "an etcd is http://HOST:PORT, not " + url);
  return etcd{std::make_unique<etcd_gateway>(url, *place)};
}

etcd::etcd(std::unique_ptr<etcd_gateway> server) : gateway_(std::move(server)) {
}

etcd::etcd(etcd&& other) noexcept = default;

etcd& etcd::operator=(etcd&& other) noexcept = default;

etcd::~etcd() = default;

// -- operations --------------------------------------------------------------

caf::error etcd::announce(const std::string& key, const std::string& value) {
  if (key.size() > max_entry || value.size() > max_entry - key.size())
    return too_large(*gateway_);
  if (auto err = keep_alive(); err != caf::none)
    return err;
  if (lease_ == 0)
    if (auto err = grant(); err != caf::none)
      return err;
  // A put for nothing would cost the server a revision.
  auto i = announced_.find(key);
  if (i != announced_.end() && i->second == value)
    return caf::none;
  return put(key, value);
}

caf::error etcd::keep_alive() {
  if (lease_ == 0)
    return caf::none;
  auto answer = gateway_->post("/v3/lease/keepalive",
                               json::object({{"ID", std::to_string(lease_)}}));
  if (!answer)
    return std::move(answer.error());
  auto seconds = number_in(*answer, "TTL");
  if (!seconds)
    return gateway_->misshapen();
  if (*seconds <= 0)
    forget();
  return caf::none;
}

caf::error etcd::grant() {
  auto answer = gateway_->post(
    "/v3/lease/grant", json::object({{"TTL", std::to_string(lease.count())}}));
  if (!answer)
    return std::move(answer.error());
  auto id = number_in(*answer, "ID");
  if (!id || *id == 0)
    return gateway_->misshapen();
  lease_ = *id;
  return caf::none;
}

caf::error etcd::put(const std::string& key, const std::string& value) {
  announced_.erase(key); // an error does not tell what the server has done
  auto answer = gateway_->post("/v3/kv/put",
                               {{"key", encode(key)},
                                {"value", encode(value)},
                                {"lease", std::to_string(lease_)}});
  if (!answer)
    return std::move(answer.error());
  announced_.emplace(key, value);
  return caf::none;
}

caf::expected<std::vector<etcd_entry>> etcd::list(const std::string& prefix) {
  if (prefix.size() > max_entry)
    return too_large(*gateway_);
  auto answer = gateway_->post("/v3/kv/range",
                               {{"key", encode(first_with(prefix))},
                                {"range_end", encode(end_of(prefix))}});
  if (!answer)
    return std::move(answer.error());
  std::vector<etcd_entry> result;
  auto all = answer->find("kvs");
  if (all == answer->end())
    return result;
  if (!all->is_array())
    return gateway_->misshapen();
  for (auto& x : *all) {
    auto entry = entry_from(x);
    if (!entry)
      return gateway_->misshapen();
    result.push_back(std::move(*entry));
  }
  return result;
}

caf::error etcd::withdraw() {
  if (lease_ == 0)
    return caf::none;
  auto answer = gateway_->post("/v3/lease/revoke",
                               json::object({{"ID", std::to_string(lease_)}}));
  if (!answer && answer.error() != caf::sec::no_such_key)
    return std::move(answer.error());
  forget();
  return caf::none;
}

void etcd::forget() {
  lease_ = 0;
  announced_.clear();
}

} // namespace kv_cluster
