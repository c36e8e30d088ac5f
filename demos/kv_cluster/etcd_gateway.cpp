// SPDX-License-Identifier: BSD-3-Clause

#include "etcd_gateway.hpp"

#include "etcd.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>
#include <future>
#include <thread>
#include <utility>

namespace kv_cluster {

namespace {

using json = nlohmann::json;

/// Ends a request that takes too long in all. httplib limits only its parts.
class deadline {
public:
  explicit deadline(httplib::Client& client)
    : thread_([this, &client, over = over_.get_future()] {
        if (over.wait_for(etcd::patience) == std::future_status::timeout) {
          passed_ = true;
          client.stop();
        }
      }) {
  }

  deadline(const deadline&) = delete;

  deadline& operator=(const deadline&) = delete;

  ~deadline() {
    over_.set_value();
    thread_.join();
  }

  bool passed() const {
    return passed_;
  }

private:
  std::atomic<bool> passed_ = false;
  std::promise<void> over_;
  std::thread thread_;
};

/// Keeps a signal from the process: httplib 0.11 may write to a connection that
/// the server has just closed.
class without_sigpipe {
public:
  without_sigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }

  without_sigpipe(const without_sigpipe&) = delete;

  without_sigpipe& operator=(const without_sigpipe&) = delete;

  ~without_sigpipe() {
    timespec at_once{};
    sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

private:
  sigset_t pipe_;
  sigset_t before_;
};

std::string sentence(httplib::Error x) {
  switch (x) {
    case httplib::Error::Connection:
      return "cannot connect";
    case httplib::Error::ConnectionTimeout:
      return "does not answer in time";
    case httplib::Error::Read:
      return "does not answer in time, or not in valid HTTP";
    case httplib::Error::Write:
      return "does not take requests";
    case httplib::Error::Canceled:
      return "answers more than " + std::to_string(etcd::max_answer >> 20)
             + " MiB";
    default:
      return "HTTP fails: " + httplib::to_string(x);
  }
}

/// What an answer says went wrong: a text, or for streams an object.
std::string reason_in(const json& error) {
  auto message = error.find("message");
  auto& what = message == error.end() ? error : *message;
  auto* text = what.get_ptr<const std::string*>();
  return text ? text->substr(0, 200) : "an error without a text";
}

} // namespace

etcd_gateway::etcd_gateway(std::string url, const address& place)
  : url_(std::move(url)), client_(place.host, place.port) {
  client_.set_connection_timeout(etcd::timeout);
  client_.set_read_timeout(etcd::timeout);
  client_.set_write_timeout(etcd::timeout);
}

caf::expected<json> etcd_gateway::post(const std::string& path,
                                       const json& body) {
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.set_header("Content-Type", "application/json");
  request.body = body.dump();
  int status = 0;
  request.response_handler = [&status](const httplib::Response& x) {
    status = x.status;
    return true;
  };
  std::string answer;
  request.content_receiver = [&answer](const char* data, size_t size, uint64_t,
                                       uint64_t) {
    if (size > etcd::max_answer - answer.size())
      return false;
    answer.append(data, size);
    return true;
  };
  auto result = send(request);
  if (result)
    return unwrap(result->status, answer);
  // httplib 0.11 fails at the trailers that etcd puts after its errors.
  if (result.error() == httplib::Error::Read && json::accept(answer))
    return unwrap(status, answer);
  return failure(sentence(result.error()));
}

caf::error etcd_gateway::failure(const std::string& what, caf::sec code) const {
  return caf::make_error(code, "etcd at " + url_ + ": " + what);
}

caf::error etcd_gateway::misshapen() const {
  return failure("answers what is no JSON of its API");
}

httplib::Result etcd_gateway::send(const httplib::Request& request) {
  without_sigpipe quiet;
  deadline limit{client_};
  auto result = client_.send(request);
  // Without a length, an answer that is cut short is whole to httplib.
  if (limit.passed())
    return {nullptr, httplib::Error::ConnectionTimeout};
  return result;
}

caf::expected<json> etcd_gateway::unwrap(int status,
                                         const std::string& text) const {
  auto answer = json::parse(text, nullptr, false);
  if (auto error = answer.find("error"); error != answer.end()) {
    auto code = answer.find("code");
    auto absent = code != answer.end() && *code == 5; // gRPC's NOT_FOUND
    return failure(reason_in(*error),
                   absent ? caf::sec::no_such_key : caf::sec::runtime_error);
  }
  if (status != 200)
    return failure("answers " + std::to_string(status));
  // So it is with what are streams in gRPC.
  if (auto inner = answer.find("result"); inner != answer.end())
    answer = json(std::move(*inner));
  if (auto i = answer.find("header"); i == answer.end() || !i->is_object())
    return misshapen();
  return answer;
}

} // namespace kv_cluster
