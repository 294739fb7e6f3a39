# many-cores.gp - what more cores would bring, by simulation, and what the allocator moves between
# them: does anything grow with their number?
# gnuplot -c many-cores.gp PLOTS many-cores.csv OUT COSTS
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1000
FIGURE_H = 500
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
stats TABLE using "cores" name "CORES" nooutput
stats TABLE using "speedup" name "MOST" nooutput
stats TABLE using "transfers" name "MOVED" nooutput
rows = int(ROWS_max) + 1
array LABELS[rows]
stats TABLE using (LABELS[int(column("place")) + 1] = strcol("shape"), 1) nooutput
array COLOURS[8] = [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x333333, 0x999999]
array MARKS[8] = [5, 7, 9, 11, 13, 4, 6, 8]
value_of(p, y) = column("place") == p ? y : NaN
told(y, what) = sprintf("%s, %d cores: %.4g %s", strcol("shape"), column("cores"), y, what)
set logscale x 2
set xrange [0.9:1.12 * CORES_max]
set xtics out nomirror
set ytics out nomirror
set border 3
set grid ytics linecolor rgb "#e4e4e4" linetype 1
set xlabel "cores"
TOP = 1 - 96.0 / FIGURE_H
BOTTOM = 88.0 / FIGURE_H
set tmargin at screen TOP
set bmargin at screen BOTTOM
do for [ending in "svg png"] {
    @TERMINAL
    set multiplot title "{/:Bold What would more cores bring?}\nby simulation: ".ARG4
    unset key
    set lmargin at screen 0.07
    set rmargin at screen 0.48
    set logscale y 2
    set yrange [0.9:1.12 * CORES_max]
    set ylabel "operations in a time, one core: 1"
    set label 1 "{/:Bold speed}\nthe line: as many times as cores" at graph 0, screen 1 - 62.0 / FIGURE_H left font SMALL
    plot x with lines linewidth 1 dashtype 2 linecolor rgb "#888888", \
         for [p = 0:rows - 1] TABLE using "cores":(value_of(p, column("speedup"))) with linespoints pointtype MARKS[p + 1] linewidth 2 linecolor rgb COLOURS[p + 1], \
         for [p = 0:rows - 1] "" using "cores":(value_of(p, column("speedup"))):(told(column("speedup"), "times as many operations")) with labels @HOVER_POINT noenhanced
    set lmargin at screen 0.57
    set rmargin at screen 0.98
    set yrange [0.01:2 * known("MOVED_max", 1)]
    set logscale y 10
    set format y "%g"
    set ylabel "lines for 1,000 operations"
    set label 1 "{/:Bold lines of the allocator that come from another core}\nlevel: nothing grows" at graph 0, screen 1 - 62.0 / FIGURE_H left font SMALL
    set key at screen 0.5, screen 0.045 center horizontal samplen 2 font SMALL noenhanced
    plot for [p = 0:rows - 1] TABLE using "cores":(value_of(p, max(column("transfers"), 0.01))) with linespoints pointtype MARKS[p + 1] linewidth 2 linecolor rgb COLOURS[p + 1] title LABELS[p + 1], \
         for [p = 0:rows - 1] "" using "cores":(value_of(p, max(column("transfers"), 0.01))):(told(column("transfers"), "lines for 1,000 operations")) with labels @HOVER_POINT noenhanced notitle
    unset multiplot
    set format y "%g"
}
