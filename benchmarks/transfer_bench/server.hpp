// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace transfer_bench {

/// The second process: does as the first one says over a socket, until that
/// closes. One command per line, one line as the answer unless it says more:
///
///     greet           where to find it, for a process of the same host
///     memory SIZE     "done"; has so much memory from now on
///     expose          where to find that memory
///     rss             KiB
///     fill SEED WORK  "done"; writes a pattern to that memory
///     check SEED WORK "done" if the pattern is there
///     control NAME LOOP
///                     its introduction; a node of the control, until "end"
///     meet LINE       "done"; the introduction of the peer
///     serve           serves until the peer says bye; then "done"
///     library LOOP LANE RUNTIMES
///                     "done"; a node of the library, until "end"
///     create WORK     a line of metadata for each operation
///     grant WORK      a line of metadata for a standing grant
///     cycles WORK     exposes memory as the peer says; then "done"
///     drop            "done"; drops all operations
///     end             "done"
int serve(int fd);

/// Serves those who connect to a port, one after the other, each in a process
/// of its own. Ends when nobody has come for ten minutes.
int serve_port(uint16_t port);

} // namespace transfer_bench
