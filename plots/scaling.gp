# scaling.gp - throughput of every allocator by the number of threads, on one workload.
# gnuplot -c scaling.gp PLOTS scaling-NAME.csv OUT NAME SUBTITLE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 480
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
stats TABLE using "threads" name "THREADS" nooutput
stats TABLE using (column("hi") / 1e6) name "MOST" nooutput
rows = int(ROWS_max) + 1
array LABELS[rows]
do for [i = 1:rows] { LABELS[i] = "" }
stats TABLE using (LABELS[int(column("place")) + 1] = strcol("label"), 1) nooutput
# Side by side, so that intervals do not hide one another.
beside(p) = column("threads") * 2 ** (0.05 * (place(p) - (rows - 1) / 2.0))
told(x) = sprintf("%s, %d threads: %.3f million operations per second [%.3f, %.3f]", strcol("label"), column("threads"), column("throughput_ops_per_s") / 1e6, column("lo") / 1e6, column("hi") / 1e6)
MEASURED = ""
stats TABLE using (MEASURED = listed(MEASURED, column("place"), column("throughput_ops_per_s")), 1) nooutput
set logscale x 2
set xrange [0.8:1.25 * THREADS_max]
set yrange [0:1.08 * known("MOST_max", 1)]
set xtics out nomirror
set ytics out nomirror
set border 3
set bmargin 5.5
set grid ytics linecolor rgb "#e4e4e4" linetype 1
set xlabel "threads"
set ylabel "million operations per second"
set title "{/:Bold What do more threads bring on ".ARG4."?}\nthe same work, shared by so many threads\nmedian over the repetitions, with its 95 % interval"
do for [ending in "svg png"] {
    @TERMINAL
    set key below center horizontal samplen 2 font SMALL noenhanced
    plot for [p in MEASURED] TABLE using (of(p, beside(p))):(column("throughput_ops_per_s") / 1e6):(column("lo") / 1e6):(column("hi") / 1e6) \
            with yerrorbars pointtype mark_of(place(p)) pointsize 1 linewidth 1.5 linecolor rgb colour_of(place(p)) title LABELS[place(p) + 1], \
         for [p in MEASURED] "" using (of(p, beside(p))):(column("throughput_ops_per_s") / 1e6) \
            with lines linewidth 1 linecolor rgb colour_of(place(p)) notitle, \
         for [p in MEASURED] "" using (of(p, beside(p))):(column("throughput_ops_per_s") / 1e6):(told(0)) with labels @HOVER_POINT noenhanced notitle
}
