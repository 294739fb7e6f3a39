# compare-memory.gp - memory of every allocator on one workload: peak and steady, each sample.
# gnuplot -c compare-memory.gp PLOTS compare-NAME.csv OUT NAME SUBTITLE points-NAME.csv
TABLE = ARG2
OUT = ARG3
POINTS = ARG6
FIGURE_W = 900
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
stats TABLE using (max(column("peak_per_requested_byte_max"), column("steady_per_requested_byte_max"))) name "TOP" nooutput
rows = ROWS_max + 1
FIGURE_H = 200 + 46 * rows

set title sprintf("{/:Bold How much memory does each allocator hold on %s?}\n%s\ndots: samples; bars: medians; right: peak over hakmem's with its 95 %% interval", ARG4, ARG5)
set xlabel "resident bytes per byte requested at the peak: highest, and at the end with the live set alive (steady)"
set yrange [rows-0.5:-0.5]
set xrange [0:TOP_max*1.32]
set ytics scale 0
set xtics out nomirror
set grid xtics linecolor rgb "#dddddd" linetype 1
set border 3
set key at graph 0.5, screen 0.045 center horizontal sample 1.5 width 2
set bmargin 5.5
set lmargin 28
set rmargin 3
set tmargin 5.2
set style fill solid 1.0 noborder
half = 0.18
jitter(rep) = (int(rep) % 7 - 3) * 0.035
note(ratio, lo, hi) = sprintf("%.3f  [%.3f, %.3f]", ratio, lo, hi)

do for [ending in "svg png"] {
    @TERMINAL
    plot TABLE using (column("peak_per_requested_byte_median")/2):(column("place") - 0.19):(column("peak_per_requested_byte_median")/2):(half):ytic(strcol("label")) \
            with boxxyerror fillcolor rgb "#2166ac" title "peak", \
         "" using (column("steady_per_requested_byte_median")/2):(column("place") + 0.19):(column("steady_per_requested_byte_median")/2):(half) \
            with boxxyerror fillcolor rgb "#f1a340" title "steady", \
         POINTS using "peak_per_requested_byte":(column("place") - 0.19 + jitter(column("rep"))) \
            with points pointtype 7 pointsize 0.4 linecolor rgb "#000000" title "sample", \
         POINTS using "steady_per_requested_byte":(column("place") + 0.19 + jitter(column("rep"))) \
            with points pointtype 7 pointsize 0.4 linecolor rgb "#000000" notitle, \
         TABLE using (max(column("peak_per_requested_byte_max"), column("steady_per_requested_byte_max"))):"place":(column("place") == 0 ? "1 (reference)" : note(column("peak_ratio"), column("peak_ratio_lo"), column("peak_ratio_hi"))) \
            with labels left offset 1.2,0 font ",9" notitle
}
