# peers.gp - every peer on every workload: the ratio to hakmem with its 95 % interval.
# gnuplot -c peers.gp PLOTS RUN OUT.pdf "workload …" "peer …"
# Reads derived data of the run only. Left: throughput; right: peak memory. Logarithmic axes.
PLOTS = ARG1
RUN = ARG2
NAMES = ARG4
PEERS = ARG5
load PLOTS."/style.gp"
count = words(NAMES)
peers = words(PEERS)
set terminal pdfcairo size 7.1,(0.85 + 0.27 * count) enhanced font "DejaVu Sans,7" background "#ffffff"
set output ARG3
table(name) = sprintf("%s/derived/compare-%s.csv", RUN, name)
array colours[6] = [0x2166ac, 0xe08214, 0x1b7837, 0x762a83, 0x000000, 0x7f7f7f]
array points[6] = [5, 7, 9, 13, 11, 3]
colour(peer) = colours[(peer - 1) % 6 + 1]
point(peer) = points[(peer - 1) % 6 + 1]
height(row, peer) = row - 1 + (peer - 0.5 - peers / 2.0) * 0.72 / peers

set logscale x
set yrange [count-0.45:-0.55]
set ytics scale 0 noenhanced
set for [i = 1:count] ytics add (word(NAMES, i) i - 1)
set xtics out nomirror offset 0,0.3
set border 3
set grid xtics linecolor rgb "#dddddd" linetype 1
set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead linecolor rgb "#000000" linewidth 0.8 back
set for [i = 1:count - 1] arrow i + 1 from graph 0, first i - 0.5 to graph 1, first i - 0.5 nohead linecolor rgb "#eeeeee" back
set key at screen 0.5, screen 0.01 center bottom horizontal samplen 1 width 2 noenhanced
set pointsize 0.4
set multiplot layout 1,2 margins 0.1,0.985,0.52/(0.85 + 0.27 * count),1-0.2/(0.85 + 0.27 * count) spacing 0.12
do for [name in "throughput peak"] {
    set title (name eq "peak" ? "peak memory per requested byte" : "throughput") offset 0,-0.7
    set xlabel (name eq "peak" ? "ratio to hakmem (right of 1: hakmem needs less)" : "ratio to hakmem (left of 1: hakmem is faster)") offset 0,0.7
    if (name eq "peak") { unset key }
    plot for [i = 1:count] for [p = 1:peers] table(word(NAMES, i)) \
            using (strcol("allocator") eq word(PEERS, p) ? column(name."_ratio") : NaN):(height(i, p)):(column(name."_ratio_lo")):(column(name."_ratio_hi")) \
            with xerrorbars pointtype point(p) linecolor rgb colour(p) linewidth 0.8 notitle, \
         for [p = 1:peers] keyentry with points pointtype point(p) linecolor rgb colour(p) title word(PEERS, p)
}
unset multiplot
