# waste-by-size.gp - a strip per allocator: how much larger than its size a block is, and how much more
# memory it touches, for every size.
# gnuplot -c waste-by-size.gp PLOTS waste.csv OUT waste-touched.csv LABELS PLACES
# LABELS: of the allocators, each in quotes. PLACES: of those that were measured.
TABLE = ARG2
OUT = ARG3
TOUCHED = ARG4
FIGURE_W = 1080
load ARG1."/style.gp"
strips = words(ARG5)
HEAD = 66
STRIP = 130
FOOT = 56
FIGURE_H = HEAD + STRIP * strips + FOOT
TOP = 60

set logscale x 2
set xrange [1:4194304]
set yrange [0:TOP]
set ytics 0,20,TOP out nomirror
set border 3
set grid xtics ytics linecolor rgb "#e4e4e4" linetype 1
unset key
set lmargin at screen 0.058
set rmargin at screen 0.972
of(place, name) = column("place") == place ? min(column(name), TOP + 1) : NaN

# The areas' base lies below 0: where a curve meets its base, gnuplot begins a new polygon.
do for [ending in "svg png"] {
    @TERMINAL
    set multiplot title "{/:Bold On which sizes does each allocator waste memory, and how much?}\narea: usable bytes of a block, over the request; line: bytes of memory that a block touches, when many are held and written to"
    do for [place = 0:strips - 1] {
        bottom = FOOT + STRIP * (strips - 1 - place) + 4.0
        set bmargin at screen bottom / FIGURE_H
        set tmargin at screen (bottom + STRIP - 16) / FIGURE_H
        eval "set xtics out nomirror ".(place == strips - 1 ? SIZE_TICS : SIZE_TICS_BARE)
        set xlabel (place == strips - 1 ? "request" : "") offset 0,0.3
        set label 1 "{/:Bold ".word(ARG5, place + 1)."}" at graph 0.99, graph 0.88 right front
        if (place == 0) { set label 2 "waste, % of the request (cut off at 60)" at screen 0.013, screen 0.5 center rotate } else { unset label 2 }
        if (strstrt(" ".ARG6." ", sprintf(" %d ", place)) > 0) {
            plot TABLE using "request_bytes":(of(place, "usable_waste_percent")) \
                    with filledcurves y1=-1 fillcolor rgb colour_of(place) fillstyle transparent solid 0.4 noborder, \
                 TOUCHED using "request_bytes":(of(place, "touched_waste_percent")) \
                    with lines linewidth 1.2 linecolor rgb "#222222"
        } else {
            plot NaN
        }
    }
    unset multiplot
}
