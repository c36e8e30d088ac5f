// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "faults.hpp"
#include "overview.hpp"

#include <caf/error.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace kv_cluster {

/// Prints what came of it as a table in Markdown.
void print_table(std::ostream& out, const overview& x);

/// The same for programs.
std::string to_json(const overview& x, const std::vector<fault>& faults);

/// One line for each second since the beginning, for plot.gnuplot.
void print_timeline(std::ostream& out, const overview& x);

/// Writes `report.md`, `report.json`, `timeline.tsv` and `faults.tsv`, the
/// input of plot.gnuplot, to a directory, which is made if need be.
caf::error write_report(const std::string& directory, const overview& x,
                        const std::vector<fault>& faults);

} // namespace kv_cluster
