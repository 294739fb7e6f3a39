# requests.gp - how long requests to a whole program take under every allocator, by percentile: times
# left, ratios to hakmem with the noise floor right.
# gnuplot -c requests.gp PLOTS requests-NAME.csv OUT NAME SUBTITLE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1000
FIGURE_H = 500
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
rows = int(ROWS_max) + 1
array LABELS[rows]
do for [i = 1:rows] { LABELS[i] = "" }
stats TABLE using (LABELS[int(column("place")) + 1] = strcol("label"), 1) nooutput
# Places of the allocators that have times, an interval of them, a ratio.
TIMED = ""
SURE = ""
RIVALS = ""
far = 1.02
least = 1e18
most = 0
rival(value) = column("place") > 0 ? value : NaN
stats TABLE using (TIMED = listed(TIMED, column("place"), column("latency_ns")), \
    SURE = listed(SURE, column("place"), column("latency_ns_lo")), \
    RIVALS = listed(RIVALS, column("place"), rival(column("ratio"))), \
    least = lower(least, lower(column("latency_ns"), column("latency_ns_lo"))), \
    most = higher(most, higher(column("latency_ns"), column("latency_ns_hi"))), \
    far = higher(far, higher(rival(column("ratio_hi")), higher(rival(1 / column("ratio_lo")), 1 + rival(column("noise_floor"))))), 1) nooutput
beside(p) = column("nines") + 0.07 * (place(p) - (rows - 1) / 2.0)
set logscale y
set border 3
set ytics out nomirror
set grid xtics ytics linecolor rgb "#e4e4e4" linetype 1
set style fill solid noborder
set tmargin at screen 0.80
set bmargin at screen 0.22
DECADES = '"100 ns" 100, "1 us" 1e3, "10 us" 1e4, "100 us" 1e5, "1 ms" 1e6, "10 ms" 1e7, "100 ms" 1e8, "1 s" 1e9, "10 s" 1e10'
BETWEEN = ', "300 ns" 300, "3 us" 3e3, "30 us" 3e4, "300 us" 3e5, "3 ms" 3e6, "30 ms" 3e7, "300 ms" 3e8, "3 s" 3e9'
TIMES = "(".DECADES.(most / least < 300 ? BETWEEN : "").")"
RATIOS = far > 1.6 ? '("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1/1.4" 0.7143, "1" 1, "1.4" 1.4, "2" 2, "4" 4, "8" 8)' : \
    far > 1.15 ? '(0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.6)' : '(0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.08, 1.1, 1.12, 1.14)'
do for [ending in "svg png"] {
    @TERMINAL
    unset key
    unset object
    do for [i = 1:rows] { set label 100 + i LABELS[i] at screen legend_x(i - 1, rows), screen 0.05 left offset 1.5,0 noenhanced font SMALL point pointtype mark_of(i - 1) pointsize 1.1 linecolor rgb colour_of(i - 1) }
    set multiplot title "{/:Bold Does the allocator change how long requests to ".ARG4." take?}\n".ARG5."\nas its load generator tells: medians over the samples, 95 % intervals; grey: noise floor of the ratio"
    set lmargin at screen 0.085
    set rmargin at screen 0.50
    set xrange [0.0:4.3]
    set yrange [least / 1.6 : most * 1.6]
    set xtics out nomirror ("p50" 0.30103, "p90" 1, "p99" 2, "p99.9" 3, "max" 4)
    eval "set ytics out nomirror ".TIMES
    set label 1 "{/:Bold time of a request}" at graph 0.02, graph 0.95 left
    plot for [p in SURE] TABLE using (of(p, beside(p))):(its(p, column("latency_ns"))):(its(p, column("latency_ns_lo"))):(its(p, column("latency_ns_hi"))) \
            with yerrorbars pointtype 0 linewidth 1.4 linecolor rgb colour_of(place(p)), \
         for [p in TIMED] "" using (of(p, beside(p))):"latency_ns" \
            with linespoints pointtype mark_of(place(p)) pointsize 0.9 linewidth 1.4 linecolor rgb colour_of(place(p)), \
         for [p in TIMED] "" using (of(p, beside(p))):"latency_ns":(its_text(p, sprintf("%s, %s: %.4g us", strcol("label"), strcol("part"), column("latency_ns") / 1e3))) with labels @HOVER_POINT noenhanced
    do for [i = 1:rows] { unset label 100 + i } # one legend is enough
    set lmargin at screen 0.575
    set rmargin at screen 0.975
    set xrange [0.0:3.4]
    set yrange [1 / far ** 1.25 : far ** 1.25]
    set xtics out nomirror ("p50" 0.30103, "p90" 1, "p99" 2, "p99.9" 3)
    eval "set ytics out nomirror ".RATIOS
    set label 1 "{/:Bold ratio to hakmem} (up: slower)" at graph 0.02, graph 0.95 left
    plot for [p in word(RIVALS, 1)] TABLE using (of(p, column("nines"))):(1):(column("nines") - 0.33):(column("nines") + 0.33):(its(p, 1 / (1 + column("noise_floor")))):(its(p, 1 + column("noise_floor"))) \
            with boxxyerror fillcolor rgb "#dcdcdc", \
         1 with lines linewidth 0.8 linecolor rgb "#000000", \
         for [p in RIVALS] TABLE using (of(p, beside(p))):(its(p, column("ratio"))):(its(p, column("ratio_lo"))):(its(p, column("ratio_hi"))) \
            with yerrorbars pointtype mark_of(place(p)) pointsize 0.9 linewidth 1.4 linecolor rgb colour_of(place(p)), \
         for [p in RIVALS] "" using (of(p, beside(p))):(its(p, column("ratio"))):(its_text(p, sprintf("%s, %s, over hakmem: %s: %s", strcol("label"), strcol("part"), ratio_words(column("ratio"), column("ratio_lo"), column("ratio_hi")), strcol("verdict")))) with labels @HOVER_POINT noenhanced
    unset multiplot
}
