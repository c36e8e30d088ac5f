// SPDX-License-Identifier: BSD-3-Clause

// The exits of a posted UCX request: done at once, pending, error, and done
// inside of the call.

#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma::test;

namespace {

ucs_status_ptr_t as_pointer(ucs_status_t status) {
  return reinterpret_cast<ucs_status_ptr_t>(static_cast<intptr_t>(status));
}

constexpr ucx::request_tag tag{1, 2, 3};

} // namespace

TEST_CASE("a request that is done at once tells its observer") {
  ucx::request_pool pool;
  recording_observer observer;
  auto& req = pool.acquire(&observer, tag);
  CHECK(pool.busy() == 1);
  req.post([] { return as_pointer(UCS_OK); });
  CHECK(pool.busy() == 0);
  REQUIRE(observer.ends.size() == 1);
  CHECK(observer.ends[0].tag == tag);
  CHECK(observer.ends[0].length == 0);
  CHECK(observer.ends[0].status == UCS_OK);
}

TEST_CASE("a receive that is done at once reports the length that UCX wrote") {
  ucx::request_pool pool;
  recording_observer observer;
  auto& req = pool.acquire(&observer, tag);
  req.post([&req] {
    auto param = req.receive_param();
    *param.recv_info.length = 42;
    return as_pointer(UCS_OK);
  });
  REQUIRE(observer.ends.size() == 1);
  CHECK(observer.ends[0].length == 42);
}

TEST_CASE("a request that fails at once tells its observer why") {
  ucx::request_pool pool;
  recording_observer observer;
  auto& req = pool.acquire(&observer, tag);
  req.post([] { return as_pointer(UCS_ERR_NO_MEMORY); });
  CHECK(pool.busy() == 0);
  REQUIRE(observer.ends.size() == 1);
  CHECK(observer.ends[0].status == UCS_ERR_NO_MEMORY);
}

TEST_CASE("a request without an observer ends quietly") {
  ucx::request_pool pool;
  pool.acquire(nullptr, {}).post([] { return as_pointer(UCS_ERR_CANCELED); });
  CHECK(pool.busy() == 0);
}

TEST_CASE("requests are used again, without the rest of their former life") {
  ucx::request_pool pool;
  auto& first = pool.acquire(nullptr, {});
  first.blocks().push_back({nullptr, 7});
  first.post([] { return as_pointer(UCS_OK); });
  auto& second = pool.acquire(nullptr, {});
  CHECK(&first == &second);
  CHECK(second.blocks().empty());
  auto& third = pool.acquire(nullptr, {});
  CHECK(&third != &second);
  CHECK(pool.busy() == 2);
  second.post([] { return as_pointer(UCS_OK); });
  third.post([] { return as_pointer(UCS_OK); });
}

TEST_CASE("an observer may acquire the request that has just ended") {
  struct greedy : ucx::request_observer {
    void request_done(const ucx::request_tag&, size_t, ucs_status_t) override {
      again = &pool.acquire(nullptr, {});
    }
    ucx::request_pool pool;
    ucx::request* again = nullptr;
  } x;
  auto& req = x.pool.acquire(&x, tag);
  req.post([] { return as_pointer(UCS_OK); });
  CHECK(x.again == &req);
  CHECK(x.pool.busy() == 1);
}

TEST_CASE("a pool that was busy once keeps some of its requests") {
  auto count = GENERATE(size_t{2'000}, size_t{20'000});
  ucx::request_pool pool;
  std::vector<ucx::request*> all;
  for (size_t i = 0; i < count; ++i) {
    auto& req = pool.acquire(nullptr, {});
    req.header(8'000);
    req.blocks().resize(1'000);
    all.push_back(&req);
  }
  CHECK(pool.busy() == count);
  for (auto* x : all)
    x->post([] { return as_pointer(UCS_OK); });
  CHECK(pool.busy() == 0);
  CHECK(pool.idle() == ucx::request_pool::max_idle);
  CHECK(pool.buffers().spare() <= ucx::buffer_pool::max_spare);
  CHECK(pool.acquire(nullptr, {}).blocks().capacity()
        <= ucx::request_pool::max_kept_blocks);
}

TEST_CASE("buffers are used again if they are large, and of a usual size") {
  ucx::buffer_pool pool;
  for (auto size : {1u, 4'095u, 4'096u, 8'000u, 32'768u, 1'000'000u}) {
    auto x = pool.take(size);
    CHECK(x.size >= size);
    auto* bytes = x.bytes.get();
    pool.give_back(std::move(x));
    CHECK((pool.spare() > 0) == (size >= ucx::buffer_pool::least_kept));
    if (pool.spare() > 0)
      CHECK(pool.take(size).bytes.get() == bytes);
    CHECK(pool.spare() == 0);
  }
  pool.give_back({std::make_unique<std::byte[]>(5'000), 5'000});
  CHECK(pool.spare() == 0);
  pool.give_back({});
  for (auto i = 0; i < 100; ++i)
    pool.give_back({std::make_unique<std::byte[]>(1 << 20), 1 << 20});
  CHECK(pool.spare() == ucx::buffer_pool::max_spare);
}

TEST_CASE("headers are aligned and as large as asked for") {
  ucx::request_pool pool;
  auto& req = pool.acquire(nullptr, {});
  for (size_t size : {size_t{1}, ucx::request::small_header_size,
                      ucx::request::small_header_size + 1, size_t{8000}}) {
    auto header = req.header(size);
    CHECK(header.size() >= size);
    CHECK(reinterpret_cast<uintptr_t>(header.data()) % 8 == 0);
  }
}

TEST_CASE("a pending request ends in UCX's progress") {
  ucx_side x;
  ucx_side y;
  auto ep = x.connect(y);
  std::vector<std::byte> data(1 << 20);
  std::vector<std::byte> target(data.size());
  send(x, ep, 5, data, UCP_AM_SEND_FLAG_RNDV);
  CHECK(x.pool.busy() == 1);
  CHECK(x.observer.ends.empty());
  REQUIRE(drive(x, y, [&] { return y.held != nullptr; }));
  CHECK(x.observer.ends.empty());
  auto& req = y.pool.acquire(&y.observer, tag);
  req.post([&] {
    auto param = req.receive_param();
    return ucp_am_recv_data_nbx(y.worker.get(), y.held, target.data(),
                                target.size(), &param);
  });
  REQUIRE(drive(x, y, [&] {
    return !x.observer.ends.empty() && !y.observer.ends.empty();
  }));
  CHECK(x.observer.ends[0].status == UCS_OK);
  CHECK(y.observer.ends[0].status == UCS_OK);
  CHECK(y.observer.ends[0].length == data.size());
  CHECK(x.pool.busy() + y.pool.busy() == 0);
  ep.close(x.pool);
  CHECK(drive(x, y, [&] { return x.pool.busy() == 0; }));
}

TEST_CASE("a request that ends inside of the call is told once, afterwards") {
  ucx_side x;
  ucx_side y;
  auto ep = x.connect(y);
  std::vector<std::byte> data(1 << 20);
  auto& req = x.pool.acquire(&x.observer, tag);
  auto header = req.header(8);
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_AM_SEND_FLAG_EAGER;
    auto result = ucp_am_send_nbx(ep.get(), 1, header.data(), 8, data.data(),
                                  data.size(), &param);
    REQUIRE(UCS_PTR_IS_PTR(result));
    CHECK(drive(x, y, [&] {
      return ucp_request_check_status(result) != UCS_INPROGRESS;
    }));
    CHECK(x.observer.ends.empty());
    return result;
  });
  REQUIRE(x.observer.ends.size() == 1);
  CHECK(x.observer.ends[0].status == UCS_OK);
  ep.close(x.pool);
  CHECK(drive(x, y, [&] { return x.pool.busy() == 0; }));
}
