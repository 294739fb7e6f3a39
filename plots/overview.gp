# overview.gp - hakmem over the best other allocator of every workload: speed, peak, steady memory.
# gnuplot -c overview.gp PLOTS table.csv OUT VERSIONS GROUPS
# GROUPS: their names, each in quotes (strcol would cut one at its first comma).
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1240
load ARG1."/style.gp"
stats TABLE using "place" name "ROW" nooutput
rows = int(ROW_records)
lines = int(ROW_max) + 1
HEAD = 124.0
LINE = 15.0
FOOT = 40.0
FIGURE_H = HEAD + LINE * lines + FOOT

# A ratio beyond the scale is a triangle at its end; the number beside it tells.
FAR = 8.0
AWAY = 1e-99
any = 1 # is there a ratio in the panel?
near(ratio) = any == 0 ? AWAY : ratio != ratio ? NaN : min(FAR, max(1 / FAR, ratio))
beyond(ratio) = ratio > FAR || ratio < 1 / FAR
colour(verdict) = verdict eq "faster" || verdict eq "less" ? 0x2166ac : verdict eq "slower" || verdict eq "more" ? 0xb35806 : 0x8c8c8c
digits(ratio) = ratio < 9.995 ? sprintf("%.2f", ratio) : sprintf("%.1f", ratio)
told(name) = sprintf("%s, %s: %s\nhakmem over %s: %s, from %d pairs", strcol("workload"), name eq "speed" ? "speed" : name." memory", strcol(name."_verdict"), strcol(name."_best_other"), ratio_words(column(name."_ratio"), column(name."_ratio_lo"), column(name."_ratio_hi")), column(name."_pairs"))
note(ratio, rival) = ratio != ratio ? "no sample" : digits(ratio)." ".rival

array ANY[3] = [0, 0, 0]
do for [panel = 1:3] {
    name = word("speed peak steady", panel)
    stats TABLE using (ANY[panel] = ANY[panel] + (column(name."_ratio") == column(name."_ratio")), 1) nooutput
}
array GROUPS[rows]
array NAMES[rows]
array PLACES[rows]
do for [i = 1:rows] {
    stats TABLE every ::(i-1)::(i-1) using (GROUPS[i] = int(column("group_place")) + 1, NAMES[i] = strcol("workload"), PLACES[i] = column("place"), 1) nooutput
}

set logscale x 2
set xrange [1/(1.02 * FAR):1.02 * FAR]
set yrange [lines - 0.5:-0.5]
set border 1
set xtics out nomirror ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8)
set grid xtics linecolor rgb "#dddddd" linetype 1
unset key
unset ytics
set style fill solid noborder
set tmargin at screen 1 - HEAD / FIGURE_H
set bmargin at screen FOOT / FIGURE_H

LEFT = 0.17
PANEL = 0.175
STEP = 0.277
do for [ending in "svg png"] {
    @TERMINAL
    set multiplot title "{/:Bold Where does hakmem win or lose, and by how much?}\nhakmem over the fastest or leanest other allocator of the row, median and 95 % interval; grey band: noise floor\n{/:Bold blue}: hakmem is better; {/:Bold orange}: the other is; grey: equivalent, or not decided\n".ARG4
    do for [panel = 0:2] {
        name = word("speed peak steady", panel + 1)
        any = ANY[panel + 1]
        set lmargin at screen LEFT + panel * STEP
        set rmargin at screen LEFT + panel * STEP + PANEL
        unset label
        unset arrow
        set label 1 HEADING_OF[panel + 1] at graph 0.5, screen 1 - (HEAD - 30) / FIGURE_H center
        set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead front linecolor rgb "#000000" linewidth 0.8
        do for [i = 1:rows] {
            is_first = i == 1 ? 1 : GROUPS[i] != GROUPS[i - 1]
            if (panel == 0) { set label 10 + 2 * i NAMES[i] at screen LEFT - 0.008, first PLACES[i] right noenhanced font SMALL }
            if (panel == 0 && is_first) { set label 11 + 2 * i "{/:Bold ".word(ARG5, GROUPS[i])."}" at screen 0.008, first PLACES[i] - 1 left }
            set arrow 10 + i from graph 0, first PLACES[i] to graph 1, first PLACES[i] nohead back linecolor rgb "#eeeeee"
        }
        if (any == 0) { plot TABLE using (1):"place":("") with labels }
        else {
            plot TABLE using (1):"place":(1 / (1 + column(name."_noise_floor"))):(1 + column(name."_noise_floor")):(column("place") - 0.42):(column("place") + 0.42) \
                    with boxxyerror fillcolor rgb "#d4d4d4", \
                 "" using (near(column(name."_ratio"))):"place":(near(column(name."_ratio_lo"))):(near(column(name."_ratio_hi"))):(colour(strcol(name."_verdict"))) \
                    with xerrorbars pointtype 0 linewidth 1.6 linecolor rgbcolor variable, \
                 "" using (near(column(name."_ratio"))):"place":(beyond(column(name."_ratio")) ? 9 : 7):(colour(strcol(name."_verdict"))) \
                    with points pointtype variable pointsize 0.7 linecolor rgbcolor variable, \
                 "" using (FAR):"place":(note(column(name."_ratio"), strcol(name."_best_other"))):(colour(strcol(name."_verdict"))) \
                    with labels left offset 0.8,0 font SMALL textcolor rgbcolor variable noenhanced, \
                 "" using (near(column(name."_ratio"))):"place":(told(name)) with labels @HOVER_POINT noenhanced
        }
    }
    unset multiplot
}
