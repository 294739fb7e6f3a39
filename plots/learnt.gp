# learnt.gp - learnt classes beside those of somebody who knows the trace: the waste inside blocks, and
# the peak of memory and the speed over those of the best static table.
# gnuplot -c learnt.gp PLOTS learnt.csv OUT
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1240
load ARG1."/style.gp"
stats TABLE using "place" name "ROW" nooutput
rows = int(ROW_records)
HEAD = 112.0
LINE = 19.0
FOOT = 80.0
FIGURE_H = HEAD + LINE * rows + FOOT
array NAMES[rows]
do for [i = 1:rows] { stats TABLE every ::(i-1)::(i-1) using (NAMES[i] = strcol("trace"), 1) nooutput }

# The scale of a ratio ends at FAR; what is beyond stands at its end.
FAR = 1.25
near(ratio) = min(FAR, max(1 / FAR, ratio))
# Blue where the whole interval keeps to the bound, orange where no part of it does.
most(low, high) = high <= 1.02 ? 0x2166ac : low > 1.02 ? 0xb35806 : 0x8c8c8c
least(low, high) = low >= 0.98 ? 0x2166ac : high < 0.98 ? 0xb35806 : 0x8c8c8c

set yrange [rows - 0.5:-0.5]
set border 1
unset ytics
set style fill solid noborder
set tmargin at screen 1 - HEAD / FIGURE_H
set bmargin at screen FOOT / FIGURE_H
LEFT = 0.11
do for [ending in "svg png"] {
    @TERMINAL
    set multiplot title "{/:Bold Does learning reach the table that knows the program beforehand?}\nclasses learnt while the trace runs (HAKMEM\\_LEARN=1) against the best static table for that very trace\n{/:Bold blue}: the whole 95 % interval is within the bound; {/:Bold orange}: no part of it is; grey: open"
    unset label
    unset arrow
    do for [i = 1:rows] {
        set label 10 + i NAMES[i] at screen LEFT - 0.008, first i - 1 right noenhanced font SMALL
        set arrow 10 + i from graph 0, first i - 1 to graph 1, first i - 1 nohead back linecolor rgb "#eeeeee"
    }
    set lmargin at screen LEFT
    set rmargin at screen 0.42
    set label 1 "waste inside live blocks, % of the request" at graph 0.5, screen 1 - (HEAD - 22) / FIGURE_H center
    set xrange [0:*]
    set xtics out nomirror auto
    set format x "%g %%"
    set grid xtics linecolor rgb "#dddddd" linetype 1
    set key at screen 0.42, screen 22 / FIGURE_H right center horizontal maxrows 2 samplen 1 width -2 font SMALL
    plot TABLE using "built_in":"place" with points pointtype 6 pointsize 0.9 linecolor rgb "#8c8c8c" title "built in", \
         "" using "jemalloc":"place" with points pointtype 2 pointsize 0.7 linecolor rgb "#d55e00" title "jemalloc's spacing", \
         "" using "switches":"place" with points pointtype 9 pointsize 0.8 linecolor rgb "#56b4e9" title "best, 3 changes", \
         "" using "static":"place" with points pointtype 5 pointsize 0.8 linecolor rgb "#009e73" title "best static", \
         "" using "learnt":"place" with points pointtype 7 pointsize 0.8 linecolor rgb "#0072b2" title "learnt"
    unset key
    do for [i = 1:rows] { unset label 10 + i }
    set xrange [1 / (1.01 * FAR):1.01 * FAR]
    set logscale x
    set format x "%g"
    set xtics out nomirror ("-20 %%" 0.8, "-10 %%" 0.9, "0" 1, "+10 %%" 1.1, "+25 %%" 1.25)
    do for [panel = 0:1] {
        name = panel == 0 ? "peak" : "speed"
        set lmargin at screen 0.47 + 0.275 * panel
        set rmargin at screen 0.695 + 0.275 * panel
        set label 1 (panel == 0 ? "peak of resident memory: bound 102 %" : "speed: bound 98 %") at graph 0.5, screen 1 - (HEAD - 22) / FIGURE_H center
        set arrow 1 from first (panel == 0 ? 1.02 : 0.98), graph 0 to first (panel == 0 ? 1.02 : 0.98), graph 1 nohead front linecolor rgb "#000000" dashtype 2 linewidth 0.8
        paint(low, high) = panel == 0 ? most(low, high) : least(low, high)
        plot TABLE using (near(column(name))):"place":(near(column(name."_lo"))):(near(column(name."_hi"))):(paint(column(name."_lo"), column(name."_hi"))) \
                with xerrorbars pointtype 7 pointsize 0.7 linewidth 1.6 linecolor rgbcolor variable
    }
    unset logscale x
    unset multiplot
}
