# SPDX-License-Identifier: BSD-3-Clause
#
# Draws what a run left in a directory, timeline.tsv and faults.tsv, to
# report.svg and, if this gnuplot has pngcairo, report.png in that directory:
#
#   gnuplot -e "dir='DIR'; title_text='2 prefill and 2 decode nodes'" \
#     demos/kv_cluster/plot.gnuplot

if (!exists("dir")) dir = '.'
if (!exists("title_text")) title_text = 'kv_cluster'
timeline = dir . '/timeline.tsv'
set datafile separator tab

# -- data ----------------------------------------------------------------------

min(a, b) = b < a ? b : a
max(a, b) = b > a ? b : a
# What the axes have to hold. A NaN is passed over.
begin = 0; end = 1; gb = 0; requests = 0; low = 1e9; high = 0
keep(c) = valid(c) && column(c) > 0 \
  ? (low = min(low, column(c)), high = max(high, column(c))) : 0
stats timeline using (end = max(end, $1 + 1), requests = max(requests, $2), \
  gb = max(gb, $3), keep(4), keep(5), $1) nooutput
if (high == 0) { low = 1; high = 10; }

# Three words for each fault of a known kind: when, who and what.
words_of = 's/^([^#\t]+)\t(the )?([^ ]+) is (killed|stopped|cut).*/\1 \3 \4/p'
read_faults = "sed -nE '" . words_of . "' '" . dir . "/faults.tsv'"
faults = system(read_faults)
when(i) = real(word(faults, 3 * i - 2))
who(i) = word(faults, 3 * i - 1)
kind(i) = who(i) eq 'router' ? 4 : \
  word(faults, 3 * i) eq 'killed' ? 1 : word(faults, 3 * i) eq 'stopped' ? 2 : 3
n = words(faults) / 3
do for [i = 1:n] { begin = min(begin, floor(when(i))); end = max(end, when(i)); }
nodes = system(read_faults . " | cut -d' ' -f2 | sort -uV")
rows = max(1, words(nodes))
row(name) = sum [i = 1:words(nodes)] (word(nodes, i) eq name ? i : 0)

# -- style: colours of Okabe and Ito, cool for data and warm for faults --------

array name[4] = ['node killed', 'node stopped', 'node cut off', 'router killed']
set style line 1 lc rgb '#D55E00' lw 1.2 dt solid pt 7 ps 0.8
set style line 2 lc rgb '#E69F00' lw 1.2 dt (8, 4) pt 5 ps 0.8
set style line 3 lc rgb '#CC79A7' lw 1.2 dt (4, 3) pt 9 ps 0.9
set style line 4 lc rgb '#000000' lw 1.2 dt (8, 3, 2, 3) pt 13 ps 0.8
array faint[4] = ['#60D55E00', '#60E69F00', '#30CC79A7', '#80000000']
set style line 5 lc rgb '#0072B2' lw 1.4 pt 7 ps 0.4
set style line 6 lc rgb '#009E73' lw 1.4 pt 5 ps 0.4
set style line 7 lc rgb '#DDDDDD' lw 0.5
set style fill solid 1 border lc rgb '#B3DDF5'; set boxwidth 1 absolute
set border lc rgb '#666666' lw 0.7
set tics nomirror textcolor rgb '#333333'
set grid xtics ytics ls 7
set key at graph 1, graph 1 right bottom horizontal Left reverse \
  samplen 2 height 0.3
set lmargin at screen 0.095; set rmargin at screen 0.915
set xrange [begin:ceil(end)]
# The lowest panel, a row for each node that was hit, up to `strip`.
strip = 0.075 + min(0.26, max(0.06, 0.028 * rows))
small = sprintf(',%d', max(7, min(12, 700 * (strip - 0.075) / rows)))
panel = (0.925 - strip - 0.1) / 2

do for [i = 1:n] {
  set arrow from when(i), graph 0 to when(i), graph 1 \
    nohead front ls kind(i) lc rgb faint[kind(i)]
}

# -- panels --------------------------------------------------------------------

outputs = strstrt(GPVAL_TERMINALS, 'pngcairo') ? 'svg png' : 'svg'
do for [type in outputs] {
  eval 'set terminal ' . (type eq 'svg' ? 'svg' : 'pngcairo fontscale 0.75') . \
    " size 1000, 700 noenhanced font 'sans-serif,12' background '#FFFFFF'"
  set output dir . '/report.' . type
  set multiplot title title_text font ',16'

  set tmargin at screen 0.925; set bmargin at screen 0.925 - panel
  set format x ''; set format y '%5g'
  set ylabel 'throughput, GB/s'; set yrange [0:gb > 0 ? 1.1 * gb : 1]
  set y2label 'requests/s'; set y2range [0:requests > 0 ? 1.1 * requests : 1]
  set y2tics textcolor rgb '#333333'
  plot timeline using ($1 + 0.5):3 with boxes lc rgb '#B3DDF5' title 'GB/s', \
    '' using ($1 + 0.5):2 axes x1y2 \
      with linespoints ls 5 title 'requests/s'
  unset y2label; unset y2tics

  set tmargin at screen strip + 0.05 + panel; set bmargin at screen strip + 0.05
  set ylabel 'time to fetch, ms'
  set logscale y; set yrange [low / 1.5:high * 1.5]
  if (high / low < 500) { # The powers of ten alone would be few.
    set ytics ()
    do for [e = -6:6] { do for [m in '1 2 5'] {
      set ytics add (sprintf('%5g', m * 10.0 ** e) m * 10.0 ** e); }}
  }
  plot timeline using ($1 + 0.5):5 with linespoints ls 5 title 'p99', \
    '' using ($1 + 0.5):4 with linespoints ls 6 title 'p50'
  unset logscale y

  set tmargin at screen strip; set bmargin at screen 0.075
  set format x '%g'; set xlabel 'seconds'
  unset ylabel; set yrange [rows + 0.6:0.4]; set ytics ('' 1) font small
  do for [i = 1:words(nodes)] { set ytics add (word(nodes, i) i); }
  do for [i = 1:n] {
    set label i '' at when(i), row(who(i)) point ls kind(i)
  }
  set label n + 1 n > 0 ? 'faults' : 'no faults' at graph 0, graph 1 offset 0, 0.7
  plot NaN notitle, for [k = 1:n > 0 ? 4 : 0] \
    keyentry with linespoints ls k title name[k]
  unset label; unset xlabel; set ytics auto font ',12'
  unset multiplot; unset output
}
