// SPDX-License-Identifier: BSD-3-Clause

#include "cases.hpp"

#include "library_node.hpp"

#include "caf_rdma/options/transport_options.hpp"

#include <algorithm>

namespace transfer_bench {

namespace {

constexpr size_t kib = 1024;
constexpr size_t mib = 1024 * kib;

constexpr direction directions[] = {direction::write, direction::read};

/// Up to here a scoped caller is of interest.
constexpr size_t small = mib;

template <class T>
bool asked_for(const std::vector<T>& all, const T& x) {
  return all.empty() || std::ranges::find(all, x) != all.end();
}

/// Makes the groups; knows the options.
class case_maker {
public:
  case_maker(const options& opts, bool same_host)
    : opts_(opts), same_host_(same_host) {
    for (auto& lane : library_lanes())
      if (asked_for(opts.lanes, lane) && (same_host || lane != "local"))
        lanes_.push_back(lane);
    for (auto& lane : opts.lanes)
      if (std::ranges::find(lanes_, lane) == lanes_.end())
        die("lane " + lane + " cannot be used here");
  }

  std::vector<group> make() {
    sweep();
    operation_rate();
    scattered();
    granted();
    many_blocks();
    verified();
    fairness();
    cycle();
    cold();
    idle();
    scale_outstanding();
    scale_peers();
    scale_runtimes();
    return std::move(result_);
  }

private:
  // -- building blocks -------------------------------------------------------

  size_t pick(size_t quick, size_t full) const {
    return opts_.quick ? quick : full;
  }

  /// The most transfers of one round: as many as are well above a scheduler's
  /// time slice.
  size_t count_for(size_t size, size_t outstanding) const {
    auto volume = pick(64, 512) * mib;
    auto n = std::clamp(volume / size, size_t{1}, pick(500, 4000));
    return std::max(n, outstanding);
  }

  bool available(contender x) const {
    auto needs_host = x == contender::raw_pull
                      || x == contender::process_vm_readv;
    return !opts_.no_controls && (same_host_ || !needs_host)
           && asked_for(opts_.controls, to_string(x));
  }

  void start(std::string name) {
    result_.push_back({std::move(name), {}});
  }

  /// Adds a line to the current group, if it is asked for.
  void add(line x) {
    if (!asked_for(opts_.cases, x.case_name)
        || !asked_for(opts_.modes, to_string(x.of.mode))
        || !asked_for(opts_.loops, to_string(x.who.loop))
        || !asked_for(opts_.callers, to_string(x.of.who))
        || !asked_for(opts_.sizes, uint64_t{x.of.size})
        || !asked_for(opts_.outstanding, x.of.outstanding))
      return;
    result_.back().lines.push_back(std::move(x));
  }

  /// Returns comparisons with others that do the same work.
  std::vector<control> against(std::initializer_list<contender> others,
                               loop_mode loop, work x) const {
    x.who = caller::loop;
    std::vector<control> result;
    for (auto other : others)
      if (available(other)) {
        // Who talks to nobody does not wait for anybody.
        auto alone = other == contender::memcpy
                     || other == contender::process_vm_readv;
        result.push_back({to_string(other),
                          {other, alone ? loop_mode::polling : loop, "", 1, 1},
                          x});
      }
    return result;
  }

  /// Returns a comparison of the library with itself.
  std::vector<control> against_itself(std::string name, subject who,
                                      work x) const {
    if (opts_.no_controls || !asked_for(opts_.controls, name))
      return {};
    return {{std::move(name), std::move(who), x}};
  }

  template <class F>
  void for_each(std::initializer_list<loop_mode> loops, F f) {
    for (auto loop : loops)
      for (auto& lane : lanes_)
        for (auto mode : directions)
          f(subject{contender::library, loop, lane, 1, 1}, mode);
  }

  // -- cases -----------------------------------------------------------------

  void sweep() {
    auto sizes = opts_.quick
                   ? std::vector<size_t>{8, 4 * kib, mib, 16 * mib, 64 * mib}
                   : std::vector<size_t>{8,        512,       4 * kib,
                                         16 * kib, 64 * kib,  256 * kib,
                                         mib,      4 * mib,   16 * mib,
                                         64 * mib, 256 * mib, 1024 * mib};
    for (auto size : sizes) {
      start("latency and bandwidth, " + std::to_string(size) + " bytes");
      for_each({loop_mode::polling, loop_mode::standard},
               [&](const subject& who, direction mode) {
                 latency(who, mode, size);
                 bandwidth(who, mode, size);
               });
    }
  }

  std::vector<control> all_controls(loop_mode loop, const work& x) const {
    auto threshold = rdma::transport_options{}.rendezvous_threshold;
    auto result = against({contender::raw_ucx}, loop, x);
    auto append = [&result](std::vector<control> more) {
      result.insert(result.end(), more.begin(), more.end());
    };
    if (x.size >= threshold)
      append(against({contender::raw_eager}, loop, x));
    if (x.mode == direction::write && x.size <= small)
      append(against({contender::actors}, loop, x));
    append(against({contender::raw_put, contender::raw_pull,
                    contender::process_vm_readv, contender::memcpy,
                    contender::tcp_socket},
                   loop, x));
    return result;
  }

  void latency(const subject& who, direction mode, size_t size) {
    work x{work_kind::transfers, mode,        size, 1, 1,
           count_for(size, 1),   caller::loop};
    auto controls = all_controls(who.loop, x);
    add({"latency", figure::latency, who, x, controls});
    x.who = caller::scoped;
    if (size <= small)
      add({"latency", figure::latency, who, x, controls});
  }

  void bandwidth(const subject& who, direction mode, size_t size) {
    for (auto outstanding : {size_t{1}, size_t{4}, size_t{16}}) {
      if (opts_.quick && (outstanding == 4 || outstanding * size > 64 * mib))
        continue;
      work x{work_kind::transfers,         mode,        size, 1, outstanding,
             count_for(size, outstanding), caller::loop};
      add({"bandwidth", figure::bandwidth, who, x, all_controls(who.loop, x)});
    }
  }

  void operation_rate() {
    start("operations per second");
    for_each({loop_mode::polling, loop_mode::standard},
             [this](const subject& who, direction mode) {
               work x{work_kind::transfers, mode,        4 * kib, 1, 64,
                      pick(4000, 20000),    caller::loop};
               auto controls
                 = against({contender::raw_ucx, contender::raw_put,
                            contender::raw_pull, contender::tcp_socket},
                           who.loop, x);
               if (mode == direction::write)
                 for (auto& y : against({contender::actors}, who.loop, x))
                   controls.push_back(std::move(y));
               add({"operations", figure::rate, who, x, std::move(controls)});
             });
  }

  void scattered() {
    start("scattered blocks");
    for_each(
      {loop_mode::polling, loop_mode::standard},
      [this](const subject& who, direction mode) {
        work x{work_kind::transfers, mode,        1000 * 16 * kib, 1000, 1,
               pick(5, 20),          caller::loop};
        auto whole = x;
        whole.blocks = 1;
        auto controls = against_itself("contiguous", who, whole);
        for (auto& y : against({contender::raw_pull,
                                contender::process_vm_readv, contender::memcpy},
                               who.loop, x))
          controls.push_back(y);
        add({"scattered", figure::bandwidth, who, x, controls});
      });
  }

  /// Small transfers with one standing grant.
  void granted() {
    start("standing grant");
    for_each({loop_mode::polling}, [this](const subject& who, direction mode) {
      for (auto n : {size_t{1}, size_t{64}}) {
        work x{work_kind::granted, mode,        4 * kib, 1, n,
               pick(4000, 20000),  caller::loop};
        auto once = x;
        once.kind = work_kind::transfers;
        auto controls = against({contender::raw_ucx, contender::raw_pull},
                                who.loop, once);
        for (auto& y : against_itself("one_shot", who, once))
          controls.push_back(std::move(y));
        add({"granted", n == 1 ? figure::latency : figure::rate, who, x,
             std::move(controls)});
      }
    });
  }

  /// Pages of a pool, as many as a long request has.
  void many_blocks() {
    start("blocks of a standing grant");
    for_each({loop_mode::polling}, [this](const subject& who, direction mode) {
      for (auto n : {size_t{1000}, size_t{100'000}}) {
        auto size = n == 1000 ? 16 * kib : 256;
        work x{work_kind::granted, mode,        n * size, n, 1,
               pick(5, 20),        caller::loop};
        auto whole = x;
        whole.blocks = 1;
        auto controls = against_itself("contiguous", who, whole);
        for (auto& y : against({contender::process_vm_readv, contender::memcpy},
                               who.loop, x))
          controls.push_back(y);
        add({"blocks", figure::bandwidth, who, x, std::move(controls)});
      }
    });
  }

  /// What checksums cost.
  void verified() {
    start("checksums");
    for_each({loop_mode::polling}, [this](const subject& who, direction mode) {
      for (auto size : {4 * kib, 16 * mib}) {
        work x{work_kind::verified,
               mode,
               size,
               1,
               1,
               size == 4 * kib ? pick(500, 4000) : pick(5, 32),
               caller::loop};
        auto plain = x;
        plain.kind = work_kind::granted;
        add({"verified", size == 4 * kib ? figure::latency : figure::bandwidth,
             who, x, against_itself("unverified", who, plain)});
      }
    });
  }

  /// What small transfers suffer from a large one to the same peer.
  void fairness() {
    start("fairness");
    for_each({loop_mode::polling}, [this](const subject& who, direction mode) {
      work x{work_kind::crowded, mode,        4 * kib, 1, 1,
             pick(100, 1000),    caller::loop};
      auto alone = x;
      alone.kind = work_kind::granted;
      add({"fairness", figure::latency, who, x,
           against_itself("alone", who, alone)});
    });
  }

  void cycle() {
    start("full cycle");
    for_each({loop_mode::polling, loop_mode::standard},
             [this](const subject& who, direction mode) {
               // Who polls for metadata on the loop keeps it awake.
               auto by = who.loop == loop_mode::polling ? caller::loop
                                                        : caller::scoped;
               work x{work_kind::cycles, mode, 4 * kib, 1, 1,
                      pick(200, 1000),   by};
               auto plain = x;
               plain.kind = work_kind::transfers;
               add({"cycle", figure::latency, who, x,
                    against({contender::raw_ucx, contender::raw_pull}, who.loop,
                            plain)});
             });
  }

  void cold() {
    start("first contact");
    for_each({loop_mode::polling, loop_mode::standard},
             [this](const subject& who, direction mode) {
               work x{work_kind::cold, mode,        4 * kib, 1, 1,
                      pick(1, 4),      caller::loop};
               add({"cold", figure::latency, who, x,
                    against({contender::raw_ucx}, who.loop, x)});
             });
  }

  void idle() {
    for (auto& lane : lanes_) {
      start("idle, lane " + lane);
      work x{work_kind::idle, direction::write, 4 * kib, 1, 1000,
             pick(1, 5),      caller::loop};
      add({"idle",
           figure::share,
           {contender::library, loop_mode::standard, lane, 1, 100},
           x,
           {}});
    }
  }

  void scale_outstanding() {
    for (size_t n = 1; n <= pick(1000, 10000); n *= 10) {
      start("scaling, " + std::to_string(n) + " outstanding");
      for_each({loop_mode::polling}, [&](const subject& who, direction mode) {
        work x{work_kind::transfers,
               mode,
               4 * kib,
               1,
               n,
               std::max(pick(1000, 10000), 2 * n),
               caller::loop};
        if (mode == direction::write)
          add(
            {"scaling", figure::rate, who, x,
             against({contender::raw_ucx, contender::raw_pull}, who.loop, x)});
      });
    }
  }

  void scale_peers() {
    start("scaling, peers");
    auto most = pick(20, 200);
    for (auto& lane : lanes_)
      for (auto peers : {1, 2, 5, 10, 20, 50, 100, 200}) {
        if (static_cast<size_t>(peers) > most)
          break;
        work x{work_kind::transfers, direction::write, 4 * kib, 1, 200,
               pick(1000, 10000),    caller::loop};
        subject one{contender::library, loop_mode::standard, lane, 1, 1};
        auto who = one;
        who.peers = static_cast<size_t>(peers);
        add({"scaling", figure::rate, who, x,
             against_itself("one_peer", one, x)});
      }
  }

  void scale_runtimes() {
    start("scaling, runtimes");
    for (auto& lane : lanes_)
      for (auto [size, n] : {std::pair{4 * kib, size_t{64}}, {mib, 16}}) {
        work x{work_kind::transfers,
               direction::write,
               size,
               1,
               n,
               size == mib ? count_for(mib, n) : pick(4000, 20000),
               caller::loop};
        subject one{contender::library, loop_mode::standard, lane, 1, 1};
        auto two = one;
        two.runtimes = two.peers = 2;
        add({"scaling", size == mib ? figure::bandwidth : figure::rate, two, x,
             against_itself("one_runtime", one, x)});
      }
  }

  const options& opts_;
  bool same_host_;
  std::vector<std::string> lanes_;
  std::vector<group> result_;
};

} // namespace

std::vector<std::string> case_names() {
  return {"latency", "bandwidth", "operations", "scattered",
          "granted", "blocks",    "verified",   "fairness",
          "cycle",   "cold",      "idle",       "scaling"};
}

std::vector<std::string> control_names() {
  return {"raw_ucx",    "raw_eager",        "raw_put",    "raw_pull",
          "memcpy",     "process_vm_readv", "tcp_socket", "actors",
          "contiguous", "one_shot",         "unverified", "alone",
          "one_peer",   "one_runtime"};
}

std::vector<group> make_groups(const options& opts, bool same_host) {
  auto result = case_maker{opts, same_host}.make();
  std::erase_if(result, [](const group& x) { return x.lines.empty(); });
  return result;
}

} // namespace transfer_bench
