// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/base/file_descriptors.hpp"

#include "caf_rdma/messages/error.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace rdma {

namespace {

caf::error too_few(const std::string& what) {
  return make_error(errc::limit_reached,
                    what + ": raise the limit of open files (ulimit -n)");
}

} // namespace

caf::error descriptor_error(const std::string& what, int code) {
  auto text = what + ": " + std::generic_category().message(code);
  if (code == EMFILE || code == ENFILE)
    return too_few(text);
  return make_error(errc::transport_failure, std::move(text));
}

caf::error expect_descriptors(size_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return {};
  auto* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) // without /proc nobody can tell
    return errno == EMFILE || errno == ENFILE
             ? descriptor_error("cannot open a file", errno)
             : caf::error{};
  size_t used = 0;
  while (auto* entry = ::readdir(dir)) {
    char* end = nullptr;
    auto fd = std::strtoul(entry->d_name, &end, 10);
    // Above the limit are those that were opened before it was lowered.
    if (end != entry->d_name && fd < limit.rlim_cur)
      ++used;
  }
  ::closedir(dir);
  --used; // the directory's own
  if (limit.rlim_cur - used >= count)
    return {};
  return too_few("only " + std::to_string(limit.rlim_cur - used)
                 + " file descriptors are left, where UCX may need "
                 + std::to_string(count));
}

} // namespace rdma
