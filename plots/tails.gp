# tails.gp - latency of malloc and free by percentile, of every allocator on one workload.
# gnuplot -c tails.gp PLOTS tails-NAME.csv OUT NAME SUBTITLE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1000
FIGURE_H = 470
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
stats TABLE using "latency_ns" name "NS" nooutput
stats TABLE using "clock_ns" name "CLOCK" nooutput
rows = int(known("ROWS_max", 0)) + 1
array LABELS[rows]
do for [i = 1:rows] { LABELS[i] = "" }
stats TABLE using (LABELS[int(column("place")) + 1] = strcol("label"), 1) nooutput
PART = "p50 p90 p99 p99.9 p99.99 max"
told(x) = sprintf("%s, %s, %s: %.0f ns", strcol("label"), strcol("operation"), word(PART, column("nines") < 1 ? 1 : int(column("nines")) + 1), column("latency_ns"))
only(operation, value) = strcol("operation") eq operation ? value : NaN
MALLOC = ""
FREE = ""
stats TABLE using (MALLOC = listed(MALLOC, column("place"), only("malloc", column("latency_ns"))), FREE = listed(FREE, column("place"), only("free", column("latency_ns"))), 1) nooutput
set logscale y
set yrange [known("NS_min", 10) / 1.6 : known("NS_max", 1e6) * 1.6]
set xrange [0.15:5.25]
set xtics out nomirror ("p50" 0.30103, "p90" 1, "p99" 2, "p99.9" 3, "p99.99" 4, "max" 5)
set border 3
set ytics out nomirror ("10 ns" 10, "100 ns" 100, "1 us" 1e3, "10 us" 1e4, "100 us" 1e5, "1 ms" 1e6, "10 ms" 1e7, "100 ms" 1e8, "1 s" 1e9)
set grid xtics ytics linecolor rgb "#e4e4e4" linetype 1
set tmargin at screen 0.82
set bmargin at screen 0.22
do for [ending in "svg png"] {
    @TERMINAL
    unset key
    do for [i = 1:rows] { set label 100 + i LABELS[i] at screen legend_x(i - 1, rows), screen 0.05 left offset 1.5,0 noenhanced font SMALL point pointtype mark_of(i - 1) pointsize 1.1 linecolor rgb colour_of(i - 1) }
    set multiplot title "{/:Bold How long can one malloc or free take on ".ARG4."?}\n".ARG5."\nevery operation of one run timed by TSC; buckets are 3 % wide; the clock itself (dashed, ".sprintf("%.0f", known("CLOCK_median", 0))." ns) is in every value"
    do for [panel = 0:1] {
        operation = word("malloc free", panel + 1)
        set lmargin at screen 0.085 + 0.475 * panel
        set rmargin at screen 0.50 + 0.475 * panel
        set label 1 "{/:Bold ".operation."}" at graph 0.02, graph 0.95 left
        set arrow 1 from graph 0, first known("CLOCK_median", 1) to graph 1, first known("CLOCK_median", 1) nohead back dashtype 2 linecolor rgb "#777777"
        if (panel == 1) { do for [i = 1:rows] { unset label 100 + i } } # one legend is enough
        if (panel == 1) { set format y "" }
        plot for [p in (panel == 0 ? MALLOC : FREE)] TABLE using (of(p, only(operation, column("nines")))):(its(p, column("latency_ns"))) \
                with linespoints pointtype mark_of(place(p)) pointsize 0.9 linewidth 1.6 linecolor rgb colour_of(place(p)), \
             for [p in (panel == 0 ? MALLOC : FREE)] TABLE using (of(p, only(operation, column("nines")))):(its(p, column("latency_ns"))):(told(0)) with labels @HOVER_POINT noenhanced
    }
    set format y "%g"
    unset multiplot
}
