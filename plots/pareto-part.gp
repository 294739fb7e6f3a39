# pareto-part.gp - throughput against memory, as ratios, with 95 % intervals; a part, loaded by pareto.gp,
# pareto-grid.gp and averages.gp, which set the title, NAME_OF and NAME_BELOW (labels of
# a row, above and below its mark), WHO_OF (who it is, for those who point at it), NOTE (in the corner), COLOUR_OF (of a row) and
# SHOWN (is the row drawn?). Filled marks are on the front: no other is both faster and leaner.
stats TABLE using (SHOWN(0) ? column("peak_ratio_hi") : NaN) name "XMOST" nooutput
stats TABLE using (SHOWN(0) ? column("peak_ratio_lo") : NaN) name "XLEAST" nooutput
stats TABLE using (SHOWN(0) ? column("throughput_ratio_hi") : NaN) name "YMOST" nooutput
stats TABLE using (SHOWN(0) ? column("throughput_ratio_lo") : NaN) name "YLEAST" nooutput
x_most = max(1.05, known("XMOST_max", 1.05))
x_least = min(0.95, known("XLEAST_min", 0.95))
y_most = max(1.05, known("YMOST_max", 1.05))
y_least = min(0.95, known("YLEAST_min", 0.95))
set logscale xy 2
set xrange [x_least / (x_most / x_least) ** 0.06 : x_most * (x_most / x_least) ** 0.34]
set yrange [y_least / (y_most / y_least) ** 0.08 : y_most * (y_most / y_least) ** 0.10]
ticks(low, high) = high / low > 3 ? '("1/16" 0.0625, "1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8, "16" 16)' : high / low > 1.35 ? '(0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 2.5)' : '(0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2)'
eval "set xtics out nomirror ".ticks(x_least, x_most)
eval "set ytics out nomirror ".ticks(y_least, y_most)
set grid xtics ytics linecolor rgb "#e4e4e4" linetype 1
set border 3
unset key
set rmargin 3
set lmargin 11
set bmargin 4
set arrow 1 from 1, graph 0 to 1, graph 1 nohead back linecolor rgb "#999999"
set arrow 2 from graph 0, first 1 to graph 1, first 1 nohead back linecolor rgb "#999999"
told(x) = WHO_OF(0).sprintf("\nthroughput %s\npeak memory %s", ratio_words(column("throughput_ratio"), column("throughput_ratio_lo"), column("throughput_ratio_hi")), ratio_words(column("peak_ratio"), column("peak_ratio_lo"), column("peak_ratio_hi")))
at_x(value) = SHOWN(0) ? value : NaN

do for [ending in "svg png"] {
    @TERMINAL
    set label 1 "up and left is better" at graph 0.012, graph 0.975 left font SMALL textcolor rgb "#555555"
    set label 3 NOTE at graph 0.988, graph 0.975 right font SMALL textcolor rgb "#555555"
    plot TABLE using (at_x(column("peak_ratio"))):"throughput_ratio":"peak_ratio_lo":"peak_ratio_hi":"throughput_ratio_lo":"throughput_ratio_hi":(COLOUR_OF(0)) \
            with xyerrorbars pointtype 0 linewidth 1.5 linecolor rgbcolor variable, \
         "" using (at_x(column("peak_ratio"))):"throughput_ratio":(column("on_front") == 1 ? 7 : 6):(COLOUR_OF(0)) \
            with points pointtype variable pointsize 1.3 linewidth 1.6 linecolor rgbcolor variable, \
         "" using (at_x(column("peak_ratio"))):"throughput_ratio":(NAME_OF(0)):(COLOUR_OF(0)) \
            with labels left offset 1.1,0.55 font SMALL textcolor rgbcolor variable noenhanced, \
         "" using (at_x(column("peak_ratio"))):"throughput_ratio":(NAME_BELOW(0)):(COLOUR_OF(0)) \
            with labels left offset 1.1,-0.65 font SMALL textcolor rgbcolor variable noenhanced, \
         "" using (at_x(column("peak_ratio"))):"throughput_ratio":(told(0)) with labels @HOVER_POINT noenhanced
}
