// SPDX-License-Identifier: BSD-3-Clause

#include "tcp_node.hpp"

#include "memory.hpp"
#include "sockets.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace transfer_bench {

namespace {

constexpr size_t buffer_size = 64 * 1024;

/// Returns the number of bytes; ends the program if the connection is gone.
size_t must(ssize_t n, bool reading) {
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    die("tcp control: " + std::string{std::strerror(errno)});
  if (n == 0 && reading)
    die("tcp control: the other process is gone");
  return n < 0 ? 0 : static_cast<size_t>(n);
}

} // namespace

// -- construction, destruction -----------------------------------------------

tcp_node::tcp_node(loop_mode mode, std::string host)
  : host_(std::move(host)), spin_(mode), buffer_(buffer_size) {
  // nop
}

tcp_node::~tcp_node() {
  for (auto fd : {listener_, fd_})
    if (fd >= 0)
      ::close(fd);
}

// -- meeting the twin --------------------------------------------------------

std::string tcp_node::introduce() {
  if (fd_ >= 0)
    return "connected";
  listener_ = listen_on(0);
  return std::to_string(port_of(listener_));
}

void tcp_node::meet(const std::string& line) {
  fd_ = listener_ >= 0 ? accept_from(listener_, 10) : connect_to(host_, line);
}

void tcp_node::post_bye() {
  send({header::bye});
}

bool tcp_node::settled() const {
  return queue_.empty();
}

// -- transfers ---------------------------------------------------------------

void tcp_node::begin(size_t slot) {
  auto what = current().mode == direction::write ? header::data : header::ask;
  send({what, static_cast<uint32_t>(slot), current().size});
}

void tcp_node::send(const header& x) {
  auto data = x.what == header::data ? memory_slot(x.slot, x.total)
                                     : std::span<std::byte>{};
  queue_.push_back({x, data, 0});
  if (queue_.size() == 1)
    write_some();
}

void tcp_node::on_header(const header& x) {
  incoming_ = x;
  switch (x.what) {
    case header::data:
      missing_ = memory_slot(x.slot, x.total);
      break;
    case header::ask:
      send({header::data, x.slot, x.total});
      break;
    case header::ack:
      if (current().mode == direction::write && current().count > 0)
        finish(x.slot);
      break;
    case header::bye:
      hear_bye();
      break;
  }
}

void tcp_node::on_data_complete() {
  send({header::ack, incoming_.slot, incoming_.total});
  if (current().mode == direction::read && current().count > 0)
    finish(incoming_.slot);
}

// -- the socket --------------------------------------------------------------

void tcp_node::progress() {
  auto wrote = write_some();
  if (read_some() || wrote)
    spin_.busy();
  else if (spin_.tired())
    sleep();
}

bool tcp_node::write_some() {
  auto result = false;
  while (!queue_.empty()) {
    auto& x = queue_.front();
    auto all = sizeof(header) + x.data.size();
    std::array<iovec, 2> parts{};
    auto of_head = std::min(x.sent, sizeof(header));
    parts[0] = {reinterpret_cast<std::byte*>(&x.head) + of_head,
                sizeof(header) - of_head};
    auto of_data = x.sent - of_head;
    parts[1] = {x.data.data() + of_data, x.data.size() - of_data};
    msghdr msg{};
    msg.msg_iov = parts.data();
    msg.msg_iovlen = parts.size();
    auto n = must(::sendmsg(fd_, &msg, MSG_DONTWAIT | MSG_NOSIGNAL), false);
    if (n == 0)
      return result;
    result = true;
    x.sent += n;
    if (x.sent == all)
      queue_.pop_front();
  }
  return result;
}

bool tcp_node::read_some() {
  // Much data goes into place, anything else through the buffer.
  auto direct = begin_ == end_ && missing_.size() >= buffer_size;
  auto n = direct
             ? must(::recv(fd_, missing_.data(), missing_.size(), MSG_DONTWAIT),
                    true)
             : must(::recv(fd_, buffer_.data() + end_, buffer_.size() - end_,
                           MSG_DONTWAIT),
                    true);
  if (n == 0)
    return false;
  if (direct) {
    missing_ = missing_.subspan(n);
    if (missing_.empty())
      on_data_complete();
  } else {
    end_ += n;
    parse();
  }
  return true;
}

void tcp_node::parse() {
  for (;;) {
    auto rest = end_ - begin_;
    if (!missing_.empty()) {
      auto n = std::min(rest, missing_.size());
      std::memcpy(missing_.data(), buffer_.data() + begin_, n);
      begin_ += n;
      missing_ = missing_.subspan(n);
      if (!missing_.empty())
        break;
      on_data_complete();
    } else if (rest >= sizeof(header)) {
      header x;
      std::memcpy(&x, buffer_.data() + begin_, sizeof(x));
      begin_ += sizeof(x);
      on_header(x);
    } else {
      break;
    }
  }
  // What is left is part of a header.
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

void tcp_node::sleep() {
  auto events = queue_.empty() ? POLLIN : POLLIN | POLLOUT;
  pollfd x{fd_, static_cast<short>(events), 0};
  ::poll(&x, 1, -1);
}

} // namespace transfer_bench
