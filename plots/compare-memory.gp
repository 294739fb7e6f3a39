# compare-memory.gp - memory of every allocator on one workload: peak and steady, each sample; per
# requested byte, or in MiB where the workload requests nothing (it starts programs).
# gnuplot -c compare-memory.gp PLOTS compare-NAME.csv OUT NAME SUBTITLE points-NAME.csv
TABLE = ARG2
OUT = ARG3
POINTS = ARG6
FIGURE_W = 900
load ARG1."/style.gp"
stats TABLE using "place" name "ROWS" nooutput
rows = ROWS_max + 1
stats TABLE using "requested_peak_bytes" name "REQUESTED" nooutput
absolute = known("REQUESTED_max", 1) == 0
ENDING = absolute ? "_bytes" : "_per_requested_byte"
MEDIAN = absolute ? "_bytes" : "_per_requested_byte_median"
unit = absolute ? 2**20 : 1
top = NaN
stats POINTS using (top = higher(top, higher(column("peak".ENDING), column("steady".ENDING)) / unit), 1) nooutput
top = top > 0 ? top : 1
middle(name) = column(name.MEDIAN) / unit
# Memory of next to nothing has no quotient, and may have none under any allocator.
peaks = 0
steadies = 0
stats TABLE using (peaks = peaks + (middle("peak") == middle("peak")), steadies = steadies + (middle("steady") == middle("steady")), 1) nooutput
FIGURE_H = 200 + 46 * rows

set title "{/:Bold How much memory does each allocator hold on ".ARG4."?}\n".ARG5."\ndots: samples; bars: medians; right: peak over hakmem's with its 95 % interval"
set xlabel absolute ? "resident MiB of the program that is started: highest, and when it is about to exit (steady)" : \
    "resident bytes per byte requested at the peak: highest, and at the end with the live set alive (steady)"
set yrange [rows-0.5:-0.5]
set xrange [0:top*1.36]
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
note(ratio, lo, hi) = ratio == ratio ? sprintf("%.3f  [%.3f, %.3f]", ratio, lo, hi) : ""

bytes(name) = column(name.ENDING) / unit
most(name) = absolute ? top : column(name.ENDING."_max")
peak(value) = peaks > 0 ? value : AWAY
steady(value) = steadies > 0 ? value : AWAY
told(name) = sprintf("%s, %s: %.4g ", strcol("label"), name, middle(name)).(absolute ? "MiB" : "bytes per requested byte")." (median)\n".(column("place") == 0 ? "the reference" : "over hakmem ".ratio_words(column(name."_ratio"), column(name."_ratio_lo"), column(name."_ratio_hi")).": ".strcol(name."_verdict"))

do for [ending in "svg png"] {
    @TERMINAL
    plot TABLE using (peak(middle("peak")/2)):(column("place") - 0.19):(peak(middle("peak")/2)):(half):ytic(strcol("label")) \
            with boxxyerror fillcolor rgb "#2166ac" title "peak", \
         "" using (steady(middle("steady")/2)):(column("place") + 0.19):(steady(middle("steady")/2)):(half) \
            with boxxyerror fillcolor rgb "#f1a340" title "steady", \
         POINTS using (peak(bytes("peak"))):(column("place") - 0.19 + jitter(column("rep"))) \
            with points pointtype 7 pointsize 0.4 linecolor rgb "#000000" title "sample", \
         POINTS using (steady(bytes("steady"))):(column("place") + 0.19 + jitter(column("rep"))) \
            with points pointtype 7 pointsize 0.4 linecolor rgb "#000000" notitle, \
         TABLE using (higher(higher(0, most("peak")), most("steady"))):"place":(column("place") == 0 ? "1 (reference)" : note(column("peak_ratio"), column("peak_ratio_lo"), column("peak_ratio_hi"))) \
            with labels left offset 1.2,0 font SMALL notitle, \
         "" using (peak(middle("peak"))):(column("place") - 0.19):(told("peak")) with labels @HOVER_POINT notitle, \
         "" using (steady(middle("steady"))):(column("place") + 0.19):(told("steady")) with labels @HOVER_POINT notitle
}
