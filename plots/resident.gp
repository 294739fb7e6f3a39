# resident.gp - anonymous resident memory over time, read from outside every 5 ms: at work, and at rest.
# gnuplot -c resident.gp PLOTS resident-NAME.csv OUT NAME SUBTITLE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1000
FIGURE_H = 470
load ARG1."/style.gp"
MIB = 1048576.0
stats TABLE using (column("place")) name "ROWS" nooutput
stats TABLE using (column("resident_bytes") / MIB) name "MOST" nooutput
rows = int(ROWS_max) + 1
array LABELS[rows]
do for [i = 1:rows] { LABELS[i] = "" }
stats TABLE using (LABELS[int(column("place")) + 1] = strcol("label"), 1) nooutput
at_work(value) = column("since_freed_ms") < 0 ? value : NaN
at_rest(value) = column("since_freed_ms") >= 0 ? value : NaN
WORKED = ""
RESTED = ""
stats TABLE using (WORKED = listed(WORKED, column("place"), at_work(column("resident_bytes"))), RESTED = listed(RESTED, column("place"), at_rest(column("resident_bytes"))), 1) nooutput
set yrange [0:1.06 * known("MOST_max", 1)]
set border 3
set xtics out nomirror
set ytics out nomirror
set grid ytics linecolor rgb "#e4e4e4" linetype 1
set tmargin at screen 0.83
set bmargin at screen 0.22
do for [ending in "svg png"] {
    @TERMINAL
    unset key
    do for [i = 1:rows] { set label 100 + i LABELS[i] at screen legend_x(i - 1, rows), screen 0.05 left offset 1.5,0 noenhanced font SMALL point pointtype 5 pointsize 1.1 linecolor rgb colour_of(i - 1) }
    set multiplot title "{/:Bold How much memory is resident over time on ".ARG4."?}\n".ARG5."\nanonymous, less what was there before the workload; one run each"
    set lmargin at screen 0.075
    set rmargin at screen 0.50
    set ylabel "resident, MiB"
    set xlabel "at work: ms since the first allocation"
    unset key
    plot for [p in WORKED] TABLE using (of(p, at_work(column("since_base_ms")))):(its(p, column("resident_bytes") / MIB)) \
            with lines linewidth 1.8 linecolor rgb colour_of(place(p)) notitle
    do for [i = 1:rows] { unset label 100 + i } # one legend is enough
    set lmargin at screen 0.55
    set rmargin at screen 0.975
    unset ylabel
    set format y ""
    set xrange [0:5.1]
    set xlabel "at rest: s since all was freed"
    plot for [p in RESTED] TABLE using (of(p, at_rest(column("since_freed_ms") / 1000))):(its(p, column("resident_bytes") / MIB)) \
            with lines linewidth 1.8 linecolor rgb colour_of(place(p))
    set format y "%g"
    set xrange [*:*]
    unset multiplot
}
