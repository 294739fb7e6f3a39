# waste-mean.gp - mean waste of each doubling of the request, of every allocator: usable bytes left,
# memory touched right.
# gnuplot -c waste-mean.gp PLOTS waste-doubling.csv OUT LABELS PLACES
# LABELS: of the allocators, each in quotes. PLACES: of those that were measured.
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1080
FIGURE_H = 480
load ARG1."/style.gp"
TOP = 30

set logscale x 2
set xrange [16:4194304]
set yrange [0:TOP]
set ytics out nomirror
eval "set xtics out nomirror ".SIZE_TICS
set border 3
set grid xtics ytics linecolor rgb "#e4e4e4" linetype 1
set xlabel "request"
set key top right samplen 2.5 spacing 1.1
# Drawn in the middle of its doubling. What is beyond the scale leaves it.
middle(from) = from * sqrt(2)
of(place, name) = column("place") == int(place) ? min(column(name), 10 * TOP) : NaN

do for [ending in "svg png"] {
    @TERMINAL
    set multiplot layout 1,2 margins 0.055,0.98,0.13,0.82 spacing 0.06 \
        title "{/:Bold Which allocator wastes least, on blocks of which size?}\nmean over all sizes of a doubling of the request, evenly on its logarithm; below 32 B, a least block is the waste"
    do for [name in "usable touched"] {
        set title (name eq "usable" ? "usable bytes of a block, over the request" : "bytes of memory that a block touches, over the request") offset 0,-0.5
        set ylabel (name eq "usable" ? "mean waste, % of the request" : "") offset 1,0
        plot for [place in ARG5] TABLE using (middle(column("from_bytes"))):(of(place, name."_waste_percent")) \
                with linespoints linewidth (place + 0 == 0 ? 2.6 : 1.6) linecolor rgb colour_of(place) pointtype mark_of(place) pointsize 0.8 \
                title (name eq "touched" ? word(ARG4, place + 1) : ""), \
             for [place in ARG5] TABLE using (middle(column("from_bytes"))):(of(place, name."_waste_percent")):(sprintf("%s, %d to %d B: %.1f %% %s", strcol("allocator"), column("from_bytes"), column("to_bytes"), column(name."_waste_percent"), name)) with labels @HOVER_POINT noenhanced notitle
    }
    unset multiplot
}
