# grid.gp - the W_MAX grid of every workload, small: throughput and memory as ratios to the default.
# gnuplot -c grid.gp PLOTS RUN OUT.pdf "workload workload …"
# Reads derived data of the run only. Blue is better than the default pair (framed), orange worse.
PLOTS = ARG1
RUN = ARG2
NAMES = ARG4
load PLOTS."/style.gp"
count = words(NAMES)
columns = 4
rows = ceil(2.0 * count / columns)
set terminal pdfcairo size 7.1,(0.1 + 1.32 * rows) enhanced font "DejaVu Sans,6.5" background "#ffffff"
set output ARG3
unset key
unset colorbox
set xtics out nomirror scale 0 offset 0,0.5
set ytics out nomirror scale 0 offset 0.5,0
set lmargin 4.5
set rmargin 0.8
set tmargin 1.6
set bmargin 1.5
table(name) = sprintf("%s/derived/grid-%s.csv", RUN, name)
change(ratio) = ratio == ratio ? sprintf("%+.0f", 100 * (ratio - 1)) : "failed"
# Colour saturates at a quarter: beyond, the number tells.
clip(ratio) = ratio != ratio ? 0 : 100 * (ratio - 1) > 25 ? 25 : 100 * (ratio - 1) < -25 ? -25 : 100 * (ratio - 1)
ink(ratio) = abs(clip(ratio)) > 18 ? 0xffffff : 0x000000
set cbrange [-25:25]

set multiplot layout rows,columns
do for [i = 1:count] {
    name = word(NAMES, i)
    stats table(name) using "mid_place" name "MID" nooutput
    stats table(name) using "large_place" name "LARGE" nooutput
    stats table(name) using (column("is_default") == 1 ? column("large_place") : NaN) name "DX" nooutput
    stats table(name) using (column("is_default") == 1 ? column("mid_place") : NaN) name "DY" nooutput
    set xrange [LARGE_min-0.5:LARGE_max+0.5]
    set yrange [MID_min-0.5:MID_max+0.5]
    set object 1 rectangle from DX_min-0.48,DY_min-0.48 to DX_min+0.48,DY_min+0.48 front fillstyle empty border rgb "#000000" linewidth 1.5
    do for [ratio in "throughput_ratio peak_ratio"] {
        eval "set palette ".(ratio eq "peak_ratio" ? WORSE_PALETTE : BETTER_PALETTE)
        set title sprintf("%s: %s", name, ratio eq "peak_ratio" ? "memory" : "throughput") offset 0,-0.6 noenhanced
        plot table(name) using "large_place":"mid_place":(0.49):(0.49):(clip(column(ratio))) \
                with boxxyerror fillcolor palette fillstyle solid noborder, \
             "" using "large_place":"mid_place":(change(column(ratio))):(ink(column(ratio))):xtic(strcol("wmax_large")):ytic(strcol("wmax_mid")) \
                with labels textcolor rgbcolor variable
    }
}
unset multiplot
