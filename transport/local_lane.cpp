// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/local_lane.hpp"

#include "caf_rdma/transport/local/process_memory.hpp"
#include "caf_rdma/transport/local/source_cell.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace rdma {

namespace {

// Blocks that a source may name, and segments of one system call (of which
// Linux takes 1,024).
constexpr uint64_t max_blocks = uint64_t{1} << 20;
constexpr size_t max_segments = 512;

// The end of a fetch, in the words that UCX has for it.
constexpr auto taken_back = UCS_ERR_REJECTED;
constexpr auto stopped = UCS_ERR_CANCELED;
constexpr auto not_mapped = UCS_ERR_INVALID_ADDR;
constexpr auto no_process = UCS_ERR_UNREACHABLE;
constexpr auto not_allowed = UCS_ERR_UNSUPPORTED;
constexpr auto nonsense = UCS_ERR_INVALID_PARAM;
constexpr auto not_writable = UCS_ERR_NO_ELEM;
constexpr auto overlapping = UCS_ERR_ALREADY_EXISTS;
constexpr auto no_memory = UCS_ERR_NO_MEMORY;

// Of a call that has read what a peer names into memory of our own.
ucs_status_t status_of(int error) {
  switch (error) {
    case ESRCH:
      return no_process;
    case EFAULT:
      return not_mapped;
    case EINVAL: // sizes that no memory has
      return nonsense;
    case ENOMEM:
      return no_memory;
    default: // EPERM, or what a seccomp filter says
      return not_allowed;
  }
}

/// Overwrites the first `n` bytes of the segments.
void wipe(const std::vector<iovec>& xs, uint64_t n) {
  for (auto& x : xs) {
    auto size = std::min<uint64_t>(n, x.iov_len);
    std::memset(x.iov_base, 0, size);
    n -= size;
  }
}

/// A position in a list of segments.
class cursor {
public:
  /// Moves on by `n` bytes, which must be there.
  void skip(const std::vector<iovec>& xs, uint64_t n) {
    while (n > 0) {
      auto step = std::min<uint64_t>(n, xs[index_].iov_len - used_);
      used_ += step;
      n -= step;
      if (used_ == xs[index_].iov_len) {
        ++index_;
        used_ = 0;
      }
    }
  }

  /// Puts the next `limit` bytes, or what fits, into `out`. Returns the number
  /// of bytes.
  uint64_t peek(const std::vector<iovec>& xs, uint64_t limit,
                std::vector<iovec>& out) const {
    out.clear();
    uint64_t sum = 0;
    auto used = used_;
    for (auto i = index_; sum < limit && out.size() < max_segments; ++i) {
      auto n = std::min<uint64_t>(limit - sum, xs[i].iov_len - used);
      out.push_back({static_cast<std::byte*>(xs[i].iov_base) + used, n});
      used = 0;
      sum += n;
    }
    return sum;
  }

private:
  size_t index_ = 0;
  uint64_t used_ = 0; // bytes of the segment at the index
};

} // namespace

// -- a fetch -----------------------------------------------------------------

class local_lane::pull {
public:
  pull(pid_t source, const offer& what) : source_(source), what_(what) {
    // nop
  }

  /// Cuts off the first `length` bytes, before the start.
  offer split(uint64_t length) {
    auto result = what_;
    result.length = static_cast<uint32_t>(length);
    what_.offset += length;
    what_.length -= result.length;
    return result;
  }

  pid_t source() const noexcept {
    return source_;
  }

  void start(const block_list& target, uint64_t offset,
             ucx::request_observer& observer, const ucx::request_tag& tag) {
    observer_ = &observer;
    tag_ = tag;
    target.for_each(offset, what_.length, [this](std::span<std::byte> x) {
      to_.push_back({x.data(), x.size()});
    });
    if (source_ == getpid() && !what_.passing)
      whole_ = target;
  }

  bool serves(const token& secret) const noexcept {
    return tag_[0] == secret.high && tag_[1] == secret.low;
  }

  rdma::priority priority() const noexcept {
    return what_.priority;
  }

  /// Bytes that have been read.
  uint64_t done() const noexcept {
    return done_;
  }

  /// Reads up to `piece_size` bytes. Returns UCS_INPROGRESS unless the fetch
  /// has ended. What the source has taken back may have been somebody else's
  /// when it was read: those bytes are wiped before anybody is told.
  ucs_status_t advance(size_t piece_size) {
    if (from_.empty())
      if (auto st = locate(); st != UCS_OK)
        return st;
    auto limit = std::min<uint64_t>(piece_size, what_.length - done_);
    limit = from_at_.peek(from_, limit, from_piece_);
    limit = to_at_.peek(to_, limit, to_piece_);
    from_at_.peek(from_, limit, from_piece_);
    auto n = local::pull(source_, from_piece_, to_piece_);
    if (n <= 0)
      return failed(what_failed(static_cast<int>(-n)));
    if (auto st = offered(); st != UCS_OK) {
      wipe(to_piece_, static_cast<uint64_t>(n));
      return st;
    }
    done_ += static_cast<uint64_t>(n);
    from_at_.skip(from_, static_cast<uint64_t>(n));
    to_at_.skip(to_, static_cast<uint64_t>(n));
    return done_ < what_.length ? UCS_INPROGRESS : UCS_OK;
  }

  void end(ucs_status_t status) {
    observer_->request_done(tag_, done_, status);
  }

private:
  /// EFAULT does not tell whose memory it is. The kernel copies what it can, so
  /// what is next on one of the two sides is to blame.
  ucs_status_t what_failed(int error) const {
    if (error != 0 && error != EFAULT)
      return status_of(error);
    std::byte probe{};
    auto next = reinterpret_cast<uintptr_t>(from_piece_.front().iov_base);
    auto res = local::pull_value(source_, next, &probe, sizeof(probe));
    return res == 0 ? not_writable : status_of(-res);
  }

  /// Learns where the source's blocks are.
  ucs_status_t locate() {
    if (source_ == 0)
      return nonsense;
    if (what_.passing) {
      from_.push_back({reinterpret_cast<void*>(what_.block), what_.length});
      return UCS_OK;
    }
    if (what_.block != 0) {
      from_.push_back({reinterpret_cast<void*>(what_.block), what_.total});
    } else if (auto st = read_blocks(); st != UCS_OK) {
      from_.clear();
      return st;
    }
    if (!whole_.empty() && shares_memory()) {
      from_.clear();
      return failed(overlapping);
    }
    from_at_.skip(from_, what_.offset);
    return UCS_OK;
  }

  /// True if the source of another runtime of this process is our target, in
  /// part.
  bool shares_memory() const {
    descriptor_list xs;
    for (auto& x : from_)
      xs.emplace_back(x.iov_base, x.iov_len, cpu);
    return overlap(block_list{std::move(xs)}, whole_);
  }

  ucs_status_t read_blocks() {
    local::source_cell cell{};
    if (auto res = local::pull_value(source_, what_.cell, &cell, sizeof(cell));
        res != 0)
      return status_of(-res);
    if (cell.seal.load(std::memory_order_relaxed) != what_.seal)
      return taken_back;
    if (cell.block_count == 0 || cell.block_count > max_blocks)
      return nonsense;
    std::vector<local::source_block> blocks(cell.block_count);
    if (auto res = local::pull_value(source_, cell.blocks, blocks.data(),
                                     blocks.size() * sizeof(blocks[0]));
        res != 0)
      return failed(status_of(-res));
    uint64_t sum = 0;
    for (auto& x : blocks) {
      if (x.size == 0 || x.size > what_.total - sum)
        return failed(nonsense);
      sum += x.size;
      from_.push_back({reinterpret_cast<void*>(x.address), x.size});
    }
    return sum == what_.total ? UCS_OK : failed(nonsense);
  }

  /// What went wrong, unless it is that the source is through.
  ucs_status_t failed(ucs_status_t status) const {
    auto now = offered();
    return now == UCS_OK ? status : now;
  }

  /// UCS_OK if the source has not taken its memory back. The reads before have
  /// ended when the seal is read: another system call lies between.
  ucs_status_t offered() const {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    uint64_t seal = 0;
    if (auto res = local::pull_value(source_, what_.cell, &seal, sizeof(seal));
        res != 0)
      return status_of(-res);
    return seal == what_.seal ? UCS_OK : taken_back;
  }

  pid_t source_;
  offer what_;
  ucx::request_observer* observer_ = nullptr;
  ucx::request_tag tag_{};
  std::vector<iovec> from_;
  std::vector<iovec> to_;
  cursor from_at_;
  cursor to_at_;
  std::vector<iovec> from_piece_;
  std::vector<iovec> to_piece_;
  uint64_t done_ = 0;
  block_list whole_; // the target, if the source is in our own process
};

// -- construction, destruction -----------------------------------------------

local_lane::local_lane(size_t piece_size) : piece_size_(piece_size) {
  // nop
}

local_lane::~local_lane() = default;

// -- operations --------------------------------------------------------------

held_bytes local_lane::hold(pid_t source, const offer& what) {
  auto ptr = std::make_unique<pull>(source, what);
  auto* handle = ptr.get();
  held_.emplace(handle, std::move(ptr));
  return {handle, what.length};
}

size_t local_lane::busy() const noexcept {
  size_t result = 0;
  for (auto& xs : pulls_)
    result += xs.size();
  return result;
}

std::deque<local_lane::pull_ptr>& local_lane::highest() noexcept {
  auto i = pulls_.size() - 1;
  while (i > 0 && pulls_[i].empty())
    --i;
  return pulls_[i];
}

size_t local_lane::progress() {
  auto limit = piece_size_;
  if (shared_rounds_ > 0) {
    --shared_rounds_;
    limit /= sharing_factor;
  }
  auto turns = highest().size();
  size_t pieces = 0;
  for (uint64_t moved = 0; pieces < turns && moved < limit; ++pieces) {
    auto& pulls = highest();
    if (pulls.empty())
      break;
    auto x = std::move(pulls.front());
    pulls.pop_front();
    auto before = x->done();
    auto status = x->advance(limit);
    moved += x->done() - before;
    if (status == UCS_INPROGRESS)
      pulls.push_back(std::move(x));
    else
      x->end(status);
  }
  return pieces;
}

// -- overrides of lane -------------------------------------------------------

held_bytes local_lane::split(held_bytes& x, uint64_t length) {
  auto& whole = *held_.at(x.handle);
  x.length -= length;
  return hold(whole.source(), whole.split(length));
}

void local_lane::fetch(held_bytes from, const block_list& target,
                       uint64_t offset, ucx::request_observer& observer,
                       const ucx::request_tag& tag) {
  auto node = held_.extract(from.handle);
  node.mapped()->start(target, offset, observer, tag);
  auto& pulls = pulls_[static_cast<size_t>(node.mapped()->priority())];
  pulls.push_back(std::move(node.mapped()));
}

void local_lane::drop(held_bytes x) {
  held_.erase(x.handle);
}

void local_lane::stop(const token& secret) {
  std::vector<pull_ptr> ended;
  for (auto& xs : pulls_) {
    auto gone = std::stable_partition(xs.begin(), xs.end(), [&](auto& x) {
      return !x->serves(secret);
    });
    ended.insert(ended.end(), std::move_iterator{gone},
                 std::move_iterator{xs.end()});
    xs.erase(gone, xs.end());
  }
  for (auto& x : ended)
    x->end(stopped);
}

bool local_lane::refused(ucs_status_t status) const {
  return status == not_allowed;
}

caf::error local_lane::explain(ucs_status_t status) const {
  switch (status) {
    case taken_back:
    case stopped:
      return make_error(errc::link_reset,
                        "the source has taken its memory back");
    case not_mapped:
      return make_error(
        errc::transport_failure,
        "the source's memory cannot be read by other processes: "
        "it is not mapped any more, or a mapping of a device "
        "(which needs rdma.lane=ucx)");
    case not_writable:
      return make_error(errc::read_only_memory,
                        "the destination's memory cannot be written: it is "
                        "mapped read-only, or not mapped any more");
    case overlapping:
      return make_error(errc::bad_selection, same_memory);
    case no_memory:
      return make_error(errc::transport_failure,
                        "the system has no memory to read the source's with");
    case no_process:
      return make_error(errc::peer_lost, "the source's process is gone");
    case nonsense:
      return make_error(errc::protocol_violation,
                        "the source offers in place what cannot be there");
    default:
      return make_error(errc::transport_failure,
                        "this process may not read the source's memory");
  }
}

} // namespace rdma
