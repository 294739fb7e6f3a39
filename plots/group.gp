# group.gp - hakmem over each other allocator, on the workloads of one group: speed, peak, steady memory.
# gnuplot -c group.gp PLOTS rivals.csv OUT GROUP GROUP_PLACE
TABLE = ARG2
OUT = ARG3
GROUP = int(ARG5)
FIGURE_W = 1080
load ARG1."/style.gp"
HEAD = 100.0
FOOT = 78.0
in_group(value) = column("group_place") == GROUP ? value : NaN
stats TABLE using (in_group(column("place"))) name "ROW" nooutput
stats TABLE using (in_group(column("allocator_place"))) name "RIVAL" nooutput
rows = int(ROW_max) + 1
rivals = int(RIVAL_max)
LINE = 14.0 + 9 * rivals
FIGURE_H = HEAD + LINE * rows + FOOT
array NAMES[rows]
array LABELS[rivals]
# In a run that was interrupted early some are missing.
do for [i = 1:rows] { NAMES[i] = "" }
do for [i = 1:rivals] { LABELS[i] = "" }
stats TABLE using (column("group_place") == GROUP ? (NAMES[int(column("place")) + 1] = strcol("workload"), LABELS[int(column("allocator_place"))] = strcol("label"), 1) : NaN) nooutput

# Side by side within the row of their workload.
height(place, rival) = place + (rival - (rivals + 1) / 2.0) * 9.0 / LINE
FAR = 8.0
AWAY = 1e-99
near(ratio) = ratio != ratio ? NaN : min(FAR, max(1 / FAR, ratio))
in_panel(measure, value) = column("group_place") == GROUP && strcol("measure") eq measure ? value : NaN
against(rival, value) = rival eq "" ? AWAY : column("allocator_place") == place(rival) ? value : NaN
array MISSING[3 * rows * rivals]
do for [i = 1:3 * rows * rivals] { MISSING[i] = 1 }
told(x) = sprintf("%s, %s: %s\nhakmem over %s: %s, from %d pairs", strcol("workload"), strcol("measure"), strcol("verdict"), strcol("label"), ratio_words(column("ratio"), column("ratio_lo"), column("ratio_hi")), column("pairs"))
panel_of(measure) = measure eq "speed" ? 0 : measure eq "peak" ? 1 : 2
cell(panel, place, rival) = int((panel * rows + place) * rivals + rival)
stats TABLE using (column("group_place") == GROUP ? (MISSING[cell(panel_of(strcol("measure")), column("place"), column("allocator_place"))] = column("ratio") != column("ratio"), 1) : NaN) nooutput

array SHOWN[3] = ["", "", ""]
do for [panel = 1:3] {
    name = word("speed peak steady", panel)
    stats TABLE using (SHOWN[panel] = listed(SHOWN[panel], column("allocator_place"), in_panel(name, column("ratio"))), 1) nooutput
}

set logscale x 2
set xrange [1/(1.04 * FAR):1.04 * FAR]
set yrange [rows - 0.5:-0.5]
set border 1
set xtics out nomirror ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8)
set grid xtics linecolor rgb "#dddddd" linetype 1
set style fill solid noborder
set tmargin at screen 1 - HEAD / FIGURE_H
set bmargin at screen FOOT / FIGURE_H
unset ytics
unset key
LEFT = 0.205
PANEL = 0.25
STEP = 0.268

do for [ending in "svg png"] {
    @TERMINAL
    set multiplot title "{/:Bold ".ARG4.": how does hakmem compare with each other allocator?}\nhakmem over the other, median and 95 % interval; grey band: noise floor; beyond a factor of ".sprintf("%.0f", FAR).": at the edge"
    do for [panel = 0:2] {
        name = word("speed peak steady", panel + 1)
        set lmargin at screen LEFT + panel * STEP
        set rmargin at screen LEFT + panel * STEP + PANEL
        unset label
        unset arrow
        set label 1 HEADING_OF[panel + 1] at graph 0.5, screen 1 - (HEAD - 30) / FIGURE_H center
        set arrow 1000 from first 1, graph 0 to first 1, graph 1 nohead front linecolor rgb "#000000" linewidth 0.8
        do for [i = 1:rows] {
            if (panel == 0) { set label 1 + i NAMES[i] at screen LEFT - 0.008, first i - 1 right noenhanced }
            do for [rival = 1:rivals] {
                if (MISSING[cell(panel, i - 1, rival)]) { set label 2000 + cell(panel, i - 1, rival) "no sample" at first 1, first height(i - 1, rival) left offset 0.5,0 font SMALL textcolor rgb colour_of(rival) }
            }
            if (i < rows) { set arrow i from graph 0, first i - 0.5 to graph 1, first i - 0.5 nohead back linecolor rgb "#dddddd" }
        }
        do for [rival = 1:rivals] {
            if (panel == 0) { set label 1000 + rival LABELS[rival] at screen (rival - 0.8) / rivals, screen 20 / FIGURE_H left offset 1,0 noenhanced point pointtype mark_of(rival) pointsize 1 linecolor rgb colour_of(rival) }
        }
        shown = SHOWN[panel + 1]
        plot for [rival in word(shown, 1)] TABLE using (against(rival, in_panel(name, 1))):(its(rival, column("place"))):(its(rival, 1 / (1 + column("noise_floor")))):(its(rival, 1 + column("noise_floor"))):(column("place") - 0.46):(column("place") + 0.46) \
                with boxxyerror fillcolor rgb "#dcdcdc", \
             for [rival in shown] TABLE using (against(rival, in_panel(name, near(column("ratio"))))):(its(rival, height(column("place"), place(rival)))):(its(rival, near(column("ratio_lo")))):(its(rival, near(column("ratio_hi")))) \
                with xerrorbars pointtype mark_of(place(rival)) pointsize 0.8 linewidth 1.4 linecolor rgb colour_of(place(rival)), \
             for [rival in shown] TABLE using (against(rival, in_panel(name, near(column("ratio"))))):(its(rival, height(column("place"), place(rival)))):(told(0)) with labels @HOVER_POINT noenhanced
    }
    unset multiplot
}
