// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/worker_process.hpp"

#include "caf_rdma/tests/lane.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

extern char** environ;

namespace rdma_test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& xs) {
  std::vector<char*> result;
  for (auto& x : xs)
    result.push_back(x.data());
  result.push_back(nullptr);
  return result;
}

void require(bool condition, const std::string& what) {
  if (!condition)
    throw worker_failure{what};
}

command_line run_worker(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {RDMA_TEST_WORKER, "--rdma.lane=" + lane()});
  return {std::move(arguments)};
}

} // namespace

worker_process::worker_process(std::vector<std::string> arguments,
                               std::vector<std::string> environment)
  : worker_process(run_worker(std::move(arguments)), std::move(environment)) {
  // nop
}

worker_process::worker_process(command_line command,
                               std::vector<std::string> environment) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  std::signal(SIGPIPE, SIG_IGN); // of workers that have died
  require(pipe2(in.data(), O_CLOEXEC) == 0 && pipe2(out.data(), O_CLOEXEC) == 0,
          "no pipe for a worker");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  for (auto** x = environ; *x != nullptr; ++x)
    environment.emplace_back(*x);
  auto status = posix_spawnp(&pid_, command.words[0].c_str(), &actions, nullptr,
                             pointers(command.words).data(),
                             pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
  require(status == 0, "cannot run " + command.words[0]);
  auto ready = hear();
  require(ready.starts_with("ok"), ready);
}

worker_process::~worker_process() {
  kill();
  close(to_);
  close(from_);
}

void worker_process::tell(const std::string& line) {
  last_told_ = line.substr(0, 60); // metadata is long
  auto text = line + "\n";
  std::string_view rest{text};
  while (!rest.empty()) {
    auto n = write(to_, rest.data(), rest.size());
    require(n > 0, "the worker is gone");
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

std::string worker_process::hear(std::chrono::milliseconds limit) {
  auto line = try_hear(limit);
  require(line.has_value(), "the worker is gone");
  return std::move(*line);
}

std::optional<std::string>
worker_process::try_hear(std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  size_t pos = 0;
  while ((pos = buffer_.find('\n')) == std::string::npos) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      end - std::chrono::steady_clock::now());
    pollfd fd{from_, POLLIN, 0};
    if (left.count() <= 0 || poll(&fd, 1, static_cast<int>(left.count())) <= 0)
      throw worker_failure{"no answer in time to: " + last_told_};
    std::array<char, 65536> chunk{};
    auto n = read(from_, chunk.data(), chunk.size());
    if (n <= 0)
      return std::nullopt;
    buffer_.append(chunk.data(), static_cast<size_t>(n));
  }
  auto line = buffer_.substr(0, pos);
  buffer_.erase(0, pos + 1);
  return line;
}

std::string worker_process::ask(const std::string& line,
                                std::chrono::milliseconds limit) {
  tell(line);
  return hear(limit);
}

std::string worker_process::must(const std::string& line) {
  auto answer = ask(line);
  require(answer.starts_with("ok"),
          line.substr(0, 80) + ": " + answer.substr(0, 400));
  return answer.size() > 3 ? answer.substr(3) : std::string{};
}

bool worker_process::crashed() {
  if (pid_ <= 0 || waitpid(pid_, nullptr, WNOHANG) != pid_)
    return false;
  pid_ = -1;
  return true;
}

void worker_process::signal(int number) {
  require(::kill(pid_, number) == 0, "cannot signal a worker");
  if (number != SIGSTOP)
    return;
  // On a busy machine some of its threads run on for a while.
  auto state = 0;
  require(waitpid(pid_, &state, WUNTRACED) == pid_ && WIFSTOPPED(state),
          "a worker does not stop");
}

void worker_process::kill() {
  auto pid = std::exchange(pid_, -1);
  if (pid <= 0)
    return;
  ::kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

} // namespace rdma_test
