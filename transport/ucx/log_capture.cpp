// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/log_capture.hpp"

#include <ucs/config/types.h>
#include <ucs/debug/log_def.h>

#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace rdma::ucx {

namespace {

using clock = std::chrono::steady_clock;

thread_local std::string complaint;
thread_local clock::time_point complained_at;

ucs_log_func_rc_t on_log(const char*, unsigned, const char*,
                         ucs_log_level_t level,
                         const ucs_log_component_config_t* component,
                         const char* format, va_list args) {
  if (level > component->log_level)
    return UCS_LOG_FUNC_RC_STOP;
  std::array<char, 512> text{};
  std::vsnprintf(text.data(), text.size(), format, args);
  if (level <= UCS_LOG_LEVEL_WARN) {
    complaint = text.data();
    complained_at = clock::now();
  }
  if (level == UCS_LOG_LEVEL_FATAL || std::getenv("UCX_LOG_LEVEL") != nullptr)
    std::fprintf(stderr, "UCX: %s\n", text.data());
  return UCS_LOG_FUNC_RC_STOP;
}

} // namespace

void capture_log() {
  static std::once_flag once;
  std::call_once(once, [] { ucs_log_push_handler(on_log); });
}

std::string last_complaint() {
  auto result = std::exchange(complaint, {});
  if (clock::now() - complained_at > std::chrono::seconds{1})
    result.clear();
  return result;
}

} // namespace rdma::ucx
