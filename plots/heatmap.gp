# heatmap.gp - the axes and cells that the two ratio heatmaps of the grid share; a part, loaded by
# grid-throughput.gp and grid-memory.gp, which set RATIO, BEYOND and VERDICT (columns), VALUE (label of a row), PALETTE,
# NOTE (corner) and the title. The colour is the ratio to the default pair, on a scale that is symmetric
# around it and spans 5 % at least. A cell that differs from the default pair by no more than the
# margin, or by no more than twice what that pair differs from itself, is grey, and still tells its
# value.
is_decided(x) = column(BEYOND) == 1
span = 5.0
stats TABLE using (span = is_decided(0) ? higher(span, abs(100 * (column(RATIO) - 1))) : span, 1) nooutput
stats TABLE using "mid_place" name "MID" nooutput
stats TABLE using "large_place" name "LARGE" nooutput

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
ink(ratio) = is_decided(0) && abs(100 * (ratio - 1)) > 0.72 * span ? 0xffffff : 0x000000
# Equivalent is told; the default pair is none.
sign(verdict) = column("is_default") != 1 && verdict eq "equivalent" ? " ≈" : ""
grey_half(x) = is_decided(0) ? 0 : 0.49
told(x) = sprintf("W_MAX %s/%s\n%s\n%s from the default pair, %s", strcol("wmax_mid"), strcol("wmax_large"), ratio_words(column(RATIO), column(RATIO."_lo"), column(RATIO."_hi")), percent(column(RATIO)), strcol(VERDICT))

do for [ending in "svg png"] {
    @TERMINAL
    set label 50 NOTE at screen 0.985, screen 0.025 right font SMALL textcolor rgb "#555555"
    plot TABLE using "large_place":"mid_place":(0.49):(0.49):(100 * (column(RATIO) - 1)) \
            with boxxyerror fillcolor palette fillstyle solid noborder, \
         "" using "large_place":"mid_place":(grey_half(0)):(grey_half(0)) \
            with boxxyerror fillcolor rgb "#dedede" fillstyle solid noborder, \
         "" using "large_place":"mid_place":(@VALUE):(ink(column(RATIO))):xtic(strcol("wmax_large")):ytic(strcol("wmax_mid")) \
            with labels offset 0,0.6 textcolor rgbcolor variable, \
         "" using "large_place":"mid_place":(percent(column(RATIO)).sign(strcol(VERDICT))):(ink(column(RATIO))) \
            with labels offset 0,-0.6 font SMALL textcolor rgbcolor variable, \
         "" using "large_place":"mid_place":(told(0)) with labels @HOVER_CELL
}
