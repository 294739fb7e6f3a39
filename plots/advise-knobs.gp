# advise-knobs.gp - what each value of each knob of one allocator does, alone.
# gnuplot -c advise-knobs.gp PLOTS advise-knobs.csv OUT ALLOCATOR NAME MARGIN
TABLE = ARG2
OUT = ARG3
load ARG1."/style.gp"
margin = ARG6 + 0
mine(number) = strcol("allocator") eq ARG4 ? number : NaN
# Beyond that a bar is cut, and its number tells.
MOST = 60
cut_at(ratio) = min(MOST, max(-MOST, 100 * (ratio - 1)))
stats TABLE using (mine(column("place"))) name "PLACE" nooutput
stats TABLE using (mine(column("launches"))) name "LAUNCHES" nooutput
stats TABLE using (mine(cut_at(column("throughput_ratio")))) name "SPEED" nooutput
stats TABLE using (mine(cut_at(column("peak_ratio")))) name "PEAK" nooutput
rows = PLACE_max + 1
NAMES = ""
stats TABLE using (NAMES = strcol("allocator") eq ARG4 ? NAMES.sprintf('%s"%s = %s" %d', NAMES eq "" ? "" : ", ", strcol("knob"), strcol("value"), rows - 1 - column("place")) : NAMES, 1) nooutput
reach(low, high) = max(2 * margin, max(abs(low), abs(high)))
FIGURE_W = 890
FIGURE_H = 140 + 21 * rows
row_of(x) = mine(rows - 1 - column("place"))
# More is better for speed, less for memory.
colour(change, sign) = abs(change) <= margin ? 0xbdbdbd : change * sign > 0 ? 0x2166ac : 0xb35806
name_of(x) = strcol("knob")." = ".strcol("value")
set border 1
set grid xtics linecolor rgb "#e4e4e4" linetype 1
set yrange [-0.7 : rows - 0.3]
set style fill solid 0.9 noborder
set arrow 1 from 0, graph 0 to 0, graph 1 nohead front linecolor rgb "#777777"
unset key
# The number of a bar stands beyond its end.
side(end, most) = end < 0 ? end - 0.02 * most : end + 0.02 * most

do for [ending in "svg png"] {
    @TERMINAL
    set multiplot
    set label 1 "{/:Bold What does each setting of ".ARG5." do, alone?}" at screen 0.02, screen 1 - 22.0 / FIGURE_H left
    set label 2 sprintf("over its default, %.0f to %.0f launches of the search: to choose by, not to tell; grey: within the margin of %g %%", LAUNCHES_min, LAUNCHES_max, margin) at screen 0.02, screen 1 - 42.0 / FIGURE_H left font SMALL textcolor rgb "#555555"
    set tmargin at screen 1 - 84.0 / FIGURE_H
    set bmargin at screen 36.0 / FIGURE_H
    do for [panel in "SPEED PEAK"] {
        is_speed = panel eq "SPEED"
        most = is_speed ? reach(SPEED_min, SPEED_max) : reach(PEAK_min, PEAK_max)
        set lmargin at screen (is_speed ? 0.35 : 0.70)
        set rmargin at screen (is_speed ? 0.65 : 0.98)
        set xrange [-1.65 * most : 1.65 * most]
        set xtics out nomirror
        unset ytics
        if (is_speed) { eval "set ytics scale 0 noenhanced (".NAMES.")" }
        set label 3 (is_speed ? "{/:Bold speed}, %; right: faster" : "{/:Bold peak memory}, %; left: less") at graph 0.5, screen 1 - 70.0 / FIGURE_H center
        bar(x) = is_speed ? cut_at(column("throughput_ratio")) : cut_at(column("peak_ratio"))
        told(x) = percent(is_speed ? column("throughput_ratio") : column("peak_ratio"))
        sign = is_speed ? 1 : -1
        plot TABLE using (bar(0)):(row_of(0)):(min(0, bar(0))):(max(0, bar(0))):(row_of(0) - 0.36):(row_of(0) + 0.36):(colour(bar(0), sign)) \
                with boxxyerror fillcolor rgbcolor variable, \
             "" using (bar(0) < 0 ? side(bar(0), most) : AWAY):(row_of(0)):(told(0)) with labels right font SMALL textcolor rgb "#444444", \
             "" using (bar(0) >= 0 ? side(bar(0), most) : AWAY):(row_of(0)):(told(0)) with labels left font SMALL textcolor rgb "#444444", \
             "" using (bar(0)):(row_of(0)):(name_of(0)."\nits default: ".strcol("usual")."\n".told(0)) with labels @HOVER_POINT noenhanced
        unset label 1
        unset label 2
    }
    unset multiplot
}
