// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rdma_test {

/// Longer than any answer may take.
inline constexpr std::chrono::milliseconds patience{60000};

/// Thrown when a worker does not do what it must.
struct worker_failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A program and its arguments.
struct command_line {
  std::vector<std::string> words;
};

/// A worker in a process of its own. Killed when the object goes away. All
/// functions may throw `worker_failure`.
class worker_process {
public:
  /// Starts a worker, which uses `lane()` unless an argument says otherwise,
  /// and waits until it is ready. `environment` has entries of the form
  /// "NAME=VALUE".
  explicit worker_process(std::vector<std::string> arguments = {},
                          std::vector<std::string> environment = {});

  /// Starts another program that speaks in lines and says "ok" once it is
  /// ready, or a worker by way of another program.
  explicit worker_process(command_line command,
                          std::vector<std::string> environment = {});

  ~worker_process();

  worker_process(const worker_process&) = delete;

  worker_process& operator=(const worker_process&) = delete;

  /// Sends a line.
  void tell(const std::string& line);

  /// Returns the next line of the answers, which must come within `limit`.
  std::string hear(std::chrono::milliseconds limit = patience);

  /// The same, but returns nothing if the process is gone.
  std::optional<std::string>
  try_hear(std::chrono::milliseconds limit = patience);

  /// Sends a line and returns its answer.
  std::string ask(const std::string& line,
                  std::chrono::milliseconds limit = patience);

  /// Like `ask`, but the answer must begin with "ok"; returns what follows.
  std::string must(const std::string& line);

  /// True once, if the process has ended without being asked to.
  bool crashed();

  /// Sends a signal. After SIGSTOP no thread of the worker runs any more.
  void signal(int number);

  /// Kills the process and waits for its end.
  void kill();

private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string buffer_;
  std::string last_told_;
};

} // namespace rdma_test
