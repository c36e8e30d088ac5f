// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

namespace {

void check_round_trips(const metadata& x) {
  auto from_bytes = metadata_from_bytes(to_bytes(x));
  REQUIRE(from_bytes);
  CHECK(*from_bytes == x);
  auto from_text = metadata_from_text(to_text(x));
  REQUIRE(from_text);
  CHECK(*from_text == x);
  auto from_json = metadata_from_json(to_json(x));
  REQUIRE(from_json);
  CHECK(*from_json == x);
}

std::string replaced(std::string str, std::string_view from,
                     std::string_view to) {
  auto i = str.find(from);
  REQUIRE(i != std::string::npos);
  return str.replace(i, from.size(), to);
}

bool malformed(const caf::expected<metadata>& x) {
  return !x && code_of(x.error()) == errc::malformed_metadata;
}

} // namespace

// -- round trips -------------------------------------------------------------

TEST_CASE("metadata round-trips through bytes, text and JSON") {
  check_round_trips(test::sample_metadata());
}

TEST_CASE("the terms of a grant round-trip") {
  auto x = test::sample_metadata();
  x.terms.claims = any_number_of_claims;
  x.terms.blocks = true;
  x.terms.notifications = true;
  x.terms.verify = true;
  x.terms.lease = std::chrono::milliseconds{1500};
  for (size_t i = 0; i < max_granted_workers; ++i)
    x.terms.workers.push_back("worker " + std::to_string(i));
  check_round_trips(x);
  x.terms.workers.emplace_back("one too many");
  CHECK(metadata_from_bytes(to_bytes(x)).error() == errc::malformed_metadata);
  x.terms.workers = {std::string(max_worker_id_size + 1, 'x')};
  CHECK(metadata_from_bytes(to_bytes(x)).error() == errc::malformed_metadata);
  x.terms = {};
  CHECK(to_bytes(x) == to_bytes(test::sample_metadata()));
}

TEST_CASE("the smallest metadata round-trips") {
  check_round_trips({{"w", 1, {std::byte{0}}}, {}, {}, {{1, cpu}}});
}

TEST_CASE("metadata at its upper limits round-trips") {
  auto x = test::sample_metadata();
  x.worker.id.assign(255, 'x');
  x.worker.incarnation = UINT64_MAX;
  x.worker.address = test::make_bytes(4096);
  x.secret = {UINT64_MAX, UINT64_MAX};
  x.descriptors.assign(65536, {UINT64_MAX >> 16, cuda(UINT32_MAX)});
  check_round_trips(x);
}

TEST_CASE("a worker id may hold any bytes but NUL") {
  auto x = test::sample_metadata();
  x.worker.id.clear();
  for (int i = 1; i < 256; ++i)
    x.worker.id += static_cast<char>(i);
  check_round_trips(x);
}

TEST_CASE("equal metadata has equal bytes") {
  auto x = test::sample_metadata();
  auto y = metadata_from_bytes(to_bytes(x));
  REQUIRE(y);
  CHECK(to_bytes(*y) == to_bytes(x));
}

// -- text --------------------------------------------------------------------

TEST_CASE("white space around the text does not matter") {
  auto x = test::sample_metadata();
  CHECK(metadata_from_text(" \r\n\t" + to_text(x) + "\n ") == x);
}

TEST_CASE("text that is no metadata is refused") {
  auto text = to_text(test::sample_metadata());
  for (const auto& str :
       {std::string{}, std::string{"  "}, std::string{"b64:"},
        std::string{"b64:!!!!"}, text.substr(4), "B64:" + text.substr(4),
        text + "AAAA", text.substr(0, 60) + '*' + text.substr(60),
        std::string(4u << 20, 'A'), "b64:" + std::string(4u << 20, 'A')})
    CHECK(malformed(metadata_from_text(str)));
}

TEST_CASE("text truncated anywhere is refused") {
  auto text = to_text(test::sample_metadata());
  auto padding = text.size() - text.find_last_not_of('=') - 1;
  for (size_t n = 0; n < text.size() - padding; ++n)
    CHECK(malformed(metadata_from_text(text.substr(0, n))));
}

// -- JSON --------------------------------------------------------------------

TEST_CASE("JSON has the documented shape") {
  auto json = to_json(test::sample_metadata());
  CHECK(json.starts_with("{\"metadata\":{"));
  CHECK(json.find("\"sha256\":\"") != std::string::npos);
  CHECK(json.find("\"deviceType\":\"cuda\"") != std::string::npos);
}

TEST_CASE("spaces in JSON do not matter") {
  auto x = test::sample_metadata();
  auto json = replaced(to_json(x), "{\"metadata\":", " {\n\t\"metadata\" : ");
  CHECK(metadata_from_json(json) == x);
}

TEST_CASE("characters in JSON may be escaped as other languages do it") {
  auto x = test::sample_metadata();
  x.worker.id = "n\u00f6de/\U0001f600\"\\";
  auto json = to_json(x);
  json = replaced(json, "\u00f6", "\\u00f6");
  json = replaced(json, "\U0001f600", "\\uD83D\\ude00");
  CHECK(metadata_from_json(json) == x);
  json = replaced(json, "\\\"\\\\", "\\u0022\\u005C");
  CHECK(metadata_from_json(json) == x);
  x.worker.id = "\\u00e9";
  CHECK(metadata_from_json(to_json(x)) == x);
}

TEST_CASE("changed values in JSON are refused") {
  auto json = to_json(test::sample_metadata());
  CHECK(malformed(metadata_from_json(replaced(json, "worker-1", "worker-2"))));
  CHECK(malformed(metadata_from_json(replaced(json, "4096", "4097"))));
  CHECK(malformed(metadata_from_json(replaced(json, "readable", "writable"))));
  CHECK(malformed(metadata_from_json(replaced(json, "\"cuda\"", "\"tpu\""))));
}

TEST_CASE("unknown keys in JSON are refused at every level") {
  auto json = to_json(test::sample_metadata());
  for (auto key : {"{\"metadata\"", "\"version\"", "\"incarnation\"",
                   "\"high\"", "\"size\""}) {
    INFO(key);
    std::string_view name{key};
    auto brace = name.starts_with('{');
    auto with = std::string{brace ? "{" : ""} + "\"unknown\":1,"
                + std::string{name.substr(brace)};
    CHECK(malformed(metadata_from_json(replaced(json, name, with))));
  }
}

TEST_CASE("JSON truncated anywhere is refused") {
  auto json = to_json(test::sample_metadata());
  for (size_t n = 0; n < json.size(); ++n)
    CHECK(malformed(metadata_from_json(json.substr(0, n))));
}

TEST_CASE("JSON that is no metadata is refused") {
  for (auto str :
       {"", " ", "null", "[]", "{}", "1", "\"x\"", "{\"metadata\":1}",
        "{\"metadata\":null}", "{\"metadata\":{}}", "nonsense",
        "{\"sha256\":\"00\"}", "{\"sha256\":7}", "{\"a\":\"\\u00\"}",
        "{\"metadata\":{\"version\":1e300}}", "{\"metadata\":{\"version\":-1}}",
        "{\"metadata\":{\"worker\":{\"address\":[1,2]}}}"}) {
    INFO(str);
    CHECK(malformed(metadata_from_json(str)));
  }
}

TEST_CASE("deeply nested JSON is refused without using up the stack") {
  constexpr size_t depth = 100'000;
  std::string objects;
  for (size_t i = 0; i < depth; ++i)
    objects += "{\"metadata\":";
  std::string calls;
  for (size_t i = 0; i < depth; ++i)
    calls += "f(";
  for (const auto& str :
       {std::string(depth, '['), std::string(depth, '{'), objects, calls,
        "{\"metadata\":" + calls, "{\"metadata\":" + std::string(depth, '[')})
    CHECK(malformed(metadata_from_json(str)));
}

TEST_CASE("huge JSON strings are refused with a short message") {
  std::string huge(5u << 20, 'x');
  for (const auto& str : {'"' + huge + '"', "{\"" + huge + "\":1}",
                          "{\"metadata\":\"" + huge + "\"}", huge + huge}) {
    auto x = metadata_from_json(str);
    REQUIRE(malformed(x));
    CHECK(reason_of(x.error()).size() <= 200);
  }
}

// -- names -------------------------------------------------------------------

TEST_CASE("every kind of operation round-trips through its name") {
  for (auto x : {operation_kind::writable, operation_kind::readable}) {
    auto y = x == operation_kind::writable ? operation_kind::readable
                                           : operation_kind::writable;
    REQUIRE(from_string(to_string(x), y));
    CHECK(x == y);
  }
}

TEST_CASE("an unknown name is no kind of operation") {
  auto x = operation_kind::readable;
  for (auto str : {"", "Writable", "readable ", "operation_kind(2)"})
    CHECK(!from_string(str, x));
  CHECK(x == operation_kind::readable);
  CHECK(to_string(static_cast<operation_kind>(2)) == "operation_kind(2)");
}
