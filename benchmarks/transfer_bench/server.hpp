// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace transfer_bench {

/// The second process: does as the first one says over a socket, until that
/// closes. One command per line, one line as the answer unless it says more:
///
///     raw LOOP        its address; then hears the peer's; serves until the
///     peer
///                     says bye; then "done"
///     library LOOP    "ready"; a node of the library, until "end"
///     create MODE SIZE OUTSTANDING COUNT
///                     COUNT lines of metadata
///     drop            "done"; drops all operations
///     end             "done"
int serve(int fd);

} // namespace transfer_bench
