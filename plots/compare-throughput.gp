# compare-throughput.gp - throughput of every allocator on one workload: each sample, the median,
# and the 95 % interval of the ratio to hakmem.
# gnuplot -c compare-throughput.gp PLOTS compare-NAME.csv OUT NAME SUBTITLE points-NAME.csv
TABLE = ARG2
OUT = ARG3
POINTS = ARG6
FIGURE_W = 900
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
stats TABLE using "throughput_ops_per_s_max" name "TOP" nooutput
rows = ROWS_max + 1
top = known("TOP_max", 1)
unit = top < 1e4 ? 1 : top < 1e6 ? 1e3 : 1e6
FIGURE_H = 170 + 46 * rows

set title "{/:Bold How fast is each allocator on ".ARG4."?}\n".ARG5."\ndots: samples; bar: median; right: ratio to hakmem with its 95 % interval"
UNIT = (unit == 1 ? "" : unit == 1e3 ? "thousand " : "million ")."operations per second"
set xlabel UNIT." (more is better)"
set yrange [rows-0.5:-0.5]
set xrange [0:top/unit*1.32]
set ytics scale 0
set xtics out nomirror
set grid xtics linecolor rgb "#dddddd" linetype 1
set border 3
unset key
set lmargin 28
set bmargin 3.5
set rmargin 3
set tmargin 5.2
set style fill solid 1.0 noborder
half = 0.32
# Spread the repetitions over the height of the bar.
jitter(rep) = (int(rep) % 7 - 3) * 0.07
note(ratio, lo, hi) = ratio == ratio ? sprintf("%.3f  [%.3f, %.3f]", ratio, lo, hi) : ""
told(x) = sprintf("%s: %.4g ", strcol("label"), column("throughput_ops_per_s_median") / unit).UNIT." (median)\n".(column("place") == 0 ? "the reference" : "over hakmem ".ratio_words(column("throughput_ratio"), column("throughput_ratio_lo"), column("throughput_ratio_hi")).": ".strcol("throughput_verdict"))

do for [ending in "svg png"] {
    @TERMINAL
    plot TABLE using (column("throughput_ops_per_s_median")/unit/2):"place":(column("throughput_ops_per_s_median")/unit/2):(half):(colour_named(strcol("allocator"))):ytic(strcol("label")) \
            with boxxyerror fillcolor rgbcolor variable, \
         POINTS using (column("throughput_ops_per_s")/unit):(column("place") + jitter(column("rep"))) \
            with points pointtype 7 pointsize 0.75 linecolor rgb "#ffffff", \
         "" using (column("throughput_ops_per_s")/unit):(column("place") + jitter(column("rep"))) \
            with points pointtype 7 pointsize 0.45 linecolor rgb "#000000", \
         TABLE using (column("throughput_ops_per_s_max")/unit):"place":(column("place") == 0 ? "1 (reference)" : note(column("throughput_ratio"), column("throughput_ratio_lo"), column("throughput_ratio_hi"))) \
            with labels left offset 1.2,0 font SMALL, \
         POINTS using (column("throughput_ops_per_s")/unit):(column("place") + jitter(column("rep"))):(sprintf("%s, repetition %d: %.4g %s", strcol("allocator"), column("rep"), column("throughput_ops_per_s") / unit, UNIT)) \
            with labels @HOVER_POINT, \
         TABLE using (column("throughput_ops_per_s_median")/unit):"place":(told(0)) with labels @HOVER_POINT
}
