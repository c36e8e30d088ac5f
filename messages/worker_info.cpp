// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/worker_info.hpp"

#include <sys/mman.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace rdma {

namespace {

constexpr size_t max_address_size = 4096;

/// Random bytes of the kernel's, drawn ahead: a system call costs more than all
/// else that an operation needs a secret for. A forked child finds the page
/// empty, and draws its own.
class random_page {
public:
  random_page() {
    auto* ptr = mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ptr == MAP_FAILED || madvise(ptr, sizeof(page), MADV_WIPEONFORK) != 0)
      throw std::system_error{errno, std::generic_category(), "random bytes"};
    page_ = static_cast<page*>(ptr);
  }

  ~random_page() {
    munmap(page_, sizeof(page));
  }

  random_page(const random_page&) = delete;

  random_page& operator=(const random_page&) = delete;

  uint64_t next() {
    if (page_->left == 0)
      fill();
    return std::exchange(page_->words[--page_->left], 0);
  }

private:
  // getrandom yields up to 256 bytes whole once the generator is seeded; before
  // that a signal may interrupt the call.
  struct page {
    size_t left;
    std::array<uint64_t, 32> words;
  };

  void fill() {
    constexpr auto size = sizeof(page_->words);
    while (getrandom(page_->words.data(), size, 0)
           != static_cast<ssize_t>(size))
      if (errno != EINTR)
        throw std::system_error{errno, std::generic_category(), "getrandom"};
    page_->left = page_->words.size();
  }

  page* page_;
};

uint64_t draw() {
  thread_local random_page page;
  return page.next();
}

} // namespace

caf::error check(const worker_info& x, errc code) {
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

token make_token() {
  return {draw(), draw()};
}

uint64_t make_random_id() {
  for (;;)
    if (auto result = draw(); result != 0)
      return result;
}

} // namespace rdma
