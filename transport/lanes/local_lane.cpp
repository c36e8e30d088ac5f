// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local_lane.hpp"

#include "caf_rdma/transport/lanes/local/process_memory.hpp"
#include "caf_rdma/transport/lanes/local/source_cell.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rdma {

namespace {

// Runs of blocks that a source may name, and segments of one system call (of
// which Linux takes 1,024).
constexpr uint64_t max_runs = max_selected_runs;
constexpr size_t max_segments = 512;

// Runs of a list to read before others get their turn.
constexpr uint64_t max_runs_at_once = uint64_t{1} << 13;

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

/// Puts what lies behind `[offset, offset + limit)`, or as much of it as fits,
/// into `out`. Returns the number of bytes.
uint64_t put_segments(const block_list& from, uint64_t offset, uint64_t limit,
                      std::vector<iovec>& out) {
  uint64_t sum = 0;
  from.for_each_until(offset, limit, [&](std::span<std::byte> x) {
    out.push_back({x.data(), x.size()});
    sum += x.size();
    return out.size() < max_segments;
  });
  return sum;
}

/// Overwrites the first `n` bytes of the segments.
void wipe(const std::vector<iovec>& xs, uint64_t n) {
  for (auto& x : xs) {
    auto size = std::min<uint64_t>(n, x.iov_len);
    std::memset(x.iov_base, 0, size);
    n -= size;
  }
}

} // namespace

// -- the blocks of a transfer ------------------------------------------------

/// Where the blocks of a source are, as its cell says. Read once for all chunks
/// of a transfer, piece by piece.
class local_lane::source_list {
public:
  source_list(pid_t source, const offer& what)
    : source_(source), cell_(what.cell), seal_(what.seal), total_(what.total) {
    // nop
  }

  /// Reads on. Returns UCS_INPROGRESS unless all is known, or the list makes no
  /// sense.
  ucs_status_t read() {
    if (status_ == UCS_INPROGRESS)
      status_ = count_ == 0 ? read_cell() : read_runs();
    return status_;
  }

  /// True if some of it is in the target of the transfer, too. Once all is
  /// known.
  bool overlaps(const block_list& target) {
    if (!overlaps_)
      overlaps_ = overlap(blocks_, target);
    return *overlaps_;
  }

  /// Once all is known.
  const block_list& blocks() const noexcept {
    return blocks_;
  }

  /// True if all is known.
  bool complete() const noexcept {
    return status_ == UCS_OK;
  }

  /// Bytes that the list takes, so far.
  uint64_t bytes() const noexcept {
    return runs_ * sizeof(memory_run);
  }

  /// Fetches that use it.
  size_t users = 0;

private:
  ucs_status_t read_cell() {
    local::source_cell cell{};
    if (auto res = local::pull_value(source_, cell_, &cell, sizeof(cell));
        res != 0)
      return status_of(-res);
    if (cell.seal.load(std::memory_order_relaxed) != seal_)
      return taken_back;
    if (cell.run_count == 0 || cell.run_count > max_runs)
      return nonsense;
    count_ = cell.run_count;
    address_ = cell.runs;
    reading_.reserve(count_);
    return UCS_INPROGRESS;
  }

  ucs_status_t read_runs() {
    std::vector<memory_run> xs(std::min(count_ - runs_, max_runs_at_once));
    constexpr auto size = sizeof(memory_run);
    if (auto res = local::pull_value(source_, address_ + runs_ * size,
                                     xs.data(), xs.size() * size);
        res != 0)
      return status_of(-res);
    for (auto& x : xs) {
      if (!makes_sense(x))
        return nonsense;
      sum_ += x.length * x.count;
      named_ += x.count;
      reading_.add(x);
    }
    runs_ += xs.size();
    if (runs_ < count_)
      return UCS_INPROGRESS;
    blocks_ = reading_.build();
    return sum_ == total_ ? UCS_OK : nonsense;
  }

  /// True if there is room for it in the transfer, and in any memory at all.
  bool makes_sense(const memory_run& x) const {
    if (x.count == 0 || x.count > max_selected_blocks - named_ || x.length == 0
        || x.length > (total_ - sum_) / x.count)
      return false;
    auto left = std::numeric_limits<uint64_t>::max() - x.address;
    if (x.length > left)
      return false;
    return x.count == 1
           || (x.stride >= x.length
               && x.stride <= (left - x.length) / (x.count - 1));
  }

  pid_t source_;
  uint64_t cell_;
  uint64_t seal_;
  uint64_t total_;
  uint64_t address_ = 0;
  uint64_t count_ = 0; // of runs, once the cell has been read
  uint64_t runs_ = 0;  // that have been read
  uint64_t sum_ = 0;   // of their bytes
  uint64_t named_ = 0; // blocks of these
  block_list::builder reading_;
  block_list blocks_; // once all is known
  std::optional<bool> overlaps_;
  ucs_status_t status_ = UCS_INPROGRESS;
};

// -- a fetch -----------------------------------------------------------------

class local_lane::pull : public list_hook<by_secret> {
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

  const offer& what() const noexcept {
    return what_;
  }

  void start(const block_list& target, uint64_t offset,
             ucx::request_observer& observer, const ucx::request_tag& tag) {
    target_ = target;
    target_offset_ = offset;
    observer_ = &observer;
    tag_ = tag;
  }

  /// True if the source's memory has more blocks than the offer names.
  bool needs_list() const noexcept {
    return source_ != 0 && what_.block == 0 && !what_.passing;
  }

  list_key list() const noexcept {
    return {static_cast<uint64_t>(source_), what_.cell, what_.seal,
            what_.total};
  }

  token secret() const noexcept {
    return {tag_[0], tag_[1]};
  }

  rdma::priority priority() const noexcept {
    return what_.priority;
  }

  /// Bytes that have been read, those of the list of blocks included.
  uint64_t read() const noexcept {
    return done_ + listed_;
  }

  /// Reads up to `piece_size` bytes. Returns UCS_INPROGRESS unless the fetch
  /// has ended. What the source has taken back may have been somebody else's
  /// when it was read: those bytes are wiped before anybody is told.
  ucs_status_t advance(size_t piece_size) {
    if (source_ == 0)
      return nonsense;
    // A short list takes no round of its own.
    while (blocks != nullptr && !blocks->complete()) {
      auto is_long = blocks->bytes() > 0;
      if (auto st = locate(); st != UCS_INPROGRESS || is_long)
        return st;
    }
    if (done_ == 0 && shares_memory())
      return failed(overlapping);
    auto limit = std::min<uint64_t>(piece_size, what_.length - done_);
    limit = peek_source(limit);
    limit = peek_target(limit);
    peek_source(limit);
    auto n = local::pull(source_, from_piece_, to_piece_);
    if (n <= 0)
      return failed(what_failed(static_cast<int>(-n)));
    if (auto st = offered(); st != UCS_OK) {
      wipe(to_piece_, static_cast<uint64_t>(n));
      return st;
    }
    done_ += static_cast<uint64_t>(n);
    return done_ < what_.length ? UCS_INPROGRESS : UCS_OK;
  }

  void end(ucs_status_t status) {
    observer_->request_done(tag_, done_, status);
  }

  /// Where the source's blocks are, if it is shared among the chunks.
  source_list* blocks = nullptr;

  /// Its place among those of its priority.
  std::list<pull_ptr>::iterator place;

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

  /// True if the source of another runtime of this process is our target, in
  /// part.
  bool shares_memory() const {
    if (source_ != getpid() || what_.passing)
      return false;
    if (blocks != nullptr)
      return blocks->overlaps(target_);
    auto* data = reinterpret_cast<void*>(what_.block);
    return overlap(block_list{{descriptor{data, what_.total}}}, target_);
  }

  /// Learns where the source's blocks are.
  ucs_status_t locate() {
    auto before = blocks->bytes();
    auto status = blocks->read();
    listed_ += blocks->bytes() - before;
    if (status == UCS_INPROGRESS)
      return status;
    // What was read of a source that is through may be anything.
    if (status == UCS_OK)
      status = offered();
    return status == UCS_OK ? UCS_INPROGRESS : failed(status);
  }

  /// Puts the source's next `limit` bytes, or what fits, into the piece.
  /// Returns the number of bytes.
  uint64_t peek_source(uint64_t limit) {
    from_piece_.clear();
    auto offset = done_ + (what_.passing ? 0 : what_.offset);
    if (blocks != nullptr)
      return put_segments(blocks->blocks(), offset, limit, from_piece_);
    from_piece_.push_back(
      {reinterpret_cast<void*>(what_.block + offset), limit});
    return limit;
  }

  /// The same for the target.
  uint64_t peek_target(uint64_t limit) {
    to_piece_.clear();
    return put_segments(target_, target_offset_ + done_, limit, to_piece_);
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
  block_list target_;
  uint64_t target_offset_ = 0;
  std::vector<iovec> from_piece_;
  std::vector<iovec> to_piece_;
  uint64_t done_ = 0;
  uint64_t listed_ = 0; // bytes of the list of blocks that it has read
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

uint64_t local_lane::list_bytes() const noexcept {
  uint64_t result = 0;
  for (auto& [key, x] : lists_)
    result += x.bytes();
  return result;
}

std::list<local_lane::pull_ptr>& local_lane::highest() noexcept {
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
  auto turns = std::min(highest().size(), max_pieces);
  size_t pieces = 0;
  for (uint64_t moved = 0; pieces < turns && moved < limit; ++pieces) {
    auto& pulls = highest();
    if (pulls.empty())
      break;
    auto& x = *pulls.front();
    auto before = x.read();
    auto status = x.advance(limit);
    moved += x.read() - before;
    ++steps_;
    if (status == UCS_INPROGRESS)
      pulls.splice(pulls.end(), pulls, x.place);
    else
      take(x)->end(status);
  }
  return pieces;
}

local_lane::pull_ptr local_lane::take(pull& x) {
  ++steps_;
  --busy_;
  x.leave();
  if (auto i = by_secret_.find(x.secret());
      i != by_secret_.end() && i->second.empty())
    by_secret_.erase(i);
  if (x.blocks != nullptr && --x.blocks->users == 0)
    lists_.erase(x.list());
  auto result = std::move(*x.place);
  pulls_[static_cast<size_t>(x.priority())].erase(x.place);
  return result;
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
  auto& x = *node.mapped();
  x.start(target, offset, observer, tag);
  if (x.needs_list()) {
    x.blocks
      = &lists_.try_emplace(x.list(), x.source(), x.what()).first->second;
    ++x.blocks->users;
  }
  by_secret_[x.secret()].push_back(x);
  auto& pulls = pulls_[static_cast<size_t>(x.priority())];
  x.place = pulls.insert(pulls.end(), std::move(node.mapped()));
  ++busy_;
}

void local_lane::drop(held_bytes x) {
  held_.erase(x.handle);
}

void local_lane::stop(const token& secret) {
  auto node = by_secret_.extract(secret);
  if (!node)
    return;
  std::vector<pull_ptr> ended;
  while (!node.mapped().empty())
    ended.push_back(take(node.mapped().front()));
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
