# heatmap.gp - the axes and cells that the two ratio heatmaps of the grid share; a part, loaded by
# grid-throughput.gp and grid-memory.gp, which set RATIO (column), VALUE (label of a row), PALETTE, NOTE (corner)
# and the title. The colour is the ratio to the default pair, on a scale that is symmetric around it
# and spans 5 % and twice the noise floor (the number before NOTE's last word) at least, so that mere
# noise stays pale. A dashed line parts cells that differ from the default pair (beyond the noise
# floor, corrected) from those that do not: MEASURE of CONTOUR.
stats TABLE using (abs(100 * (column(RATIO) - 1))) name "SPAN" nooutput
stats TABLE using "mid_place" name "MID" nooutput
stats TABLE using "large_place" name "LARGE" nooutput
floor = words(NOTE) > 1 ? real(word(NOTE, words(NOTE) - 1)) : 0
span = max(max(5, 2 * floor), known("SPAN_max", 5))

set xrange [LARGE_min-0.5:LARGE_max+0.5]
set yrange [MID_min-0.5:MID_max+0.5]
set xtics out nomirror scale 0
set ytics out nomirror scale 0
set xlabel "HAKMEM\\_WMAX\\_LARGE"
set ylabel "HAKMEM\\_WMAX\\_MID"
set cbrange [-span:span]
set cblabel "difference from the default pair, %"
eval "set palette ".PALETTE
unset key
set cblabel offset 1.5,0
set lmargin 11
set rmargin 16
set tmargin 6.5
set bmargin 4.5

# The default pair in a frame; text is white where the colour below it is dark.
stats TABLE using (column("is_default") == 1 ? column("large_place") : NaN) name "DX" nooutput
stats TABLE using (column("is_default") == 1 ? column("mid_place") : NaN) name "DY" nooutput
# (A run that was interrupted early may not have it.)
if (exists("DX_min") && exists("DY_min")) {
    set object 1 rectangle from DX_min-0.49,DY_min-0.49 to DX_min+0.49,DY_min+0.49 front fillstyle empty border rgb "#000000" linewidth 2.5
}
ink(ratio) = abs(100 * (ratio - 1)) > 0.72 * span ? 0xffffff : 0x000000

do for [ending in "svg png"] {
    @TERMINAL
    set label 50 NOTE at screen 0.985, screen 0.025 right font SMALL textcolor rgb "#555555"
    plot TABLE using "large_place":"mid_place":(0.49):(0.49):(100 * (column(RATIO) - 1)) \
            with boxxyerror fillcolor palette fillstyle solid noborder, \
         "" using "large_place":"mid_place":(@VALUE):(ink(column(RATIO))):xtic(strcol("wmax_large")):ytic(strcol("wmax_mid")) \
            with labels offset 0,0.6 textcolor rgbcolor variable, \
         "" using "large_place":"mid_place":(percent(column(RATIO))):(ink(column(RATIO))) \
            with labels offset 0,-0.6 font SMALL textcolor rgbcolor variable, \
         CONTOUR using (strcol("measure") eq MEASURE ? column("x") : NaN):"y":"dx":"dy" \
            with vectors nohead linewidth 2.2 dashtype (6,4) linecolor rgb "#222222"
}
