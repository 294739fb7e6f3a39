# peak.gp - where memory goes when most bytes of a trace are alive. Left: what is resident beyond the
# requested bytes, the same measure for every allocator. Right: hakmem's own parts of it.
# gnuplot -c peak.gp PLOTS peak.csv OUT
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1240
load ARG1."/style.gp"
stats TABLE using "place" name "ROW" nooutput
rows = int(ROW_records)
array TRACES[rows]
array ALLOCATORS_OF[rows]
do for [i = 1:rows] {
    stats TABLE every ::(i-1)::(i-1) using (TRACES[i] = strcol("trace"), ALLOCATORS_OF[i] = strcol("allocator"), 1) nooutput
}
# A bar is one high; a gap stands between two traces. BAR: where that of a row is; OF: of hakmem, how
# many rows its trace has.
GAP = 0.9
array BAR[rows]
array OF[rows]
first = 1
do for [i = 1:rows] {
    OF[i] = 1
    BAR[i] = i == 1 ? 0.0 : BAR[i - 1] + 1 + (TRACES[i] eq TRACES[i - 1] ? 0 : GAP)
    first = i > 1 && TRACES[i] eq TRACES[i > 1 ? i - 1 : 1] ? first : i
    OF[first] = i - first + 1
}
bar(place) = BAR[int(place) + 1]
whole(place) = bar(place) + 0.5 * (OF[int(place) + 1] - 1)

HEAD = 84.0
LINE = 10.5
FOOT = 72.0
FIGURE_H = HEAD + LINE * (BAR[rows] + 2) + FOOT
FAR = 110.0 # what is beyond is cut off, and said

# In per cent of the requested bytes; no number: nothing.
some(bytes) = bytes == bytes ? 100.0 * bytes / column("requested_bytes") : 0
part(name) = some(column(name."_bytes"))
near(value) = min(FAR, max(0, value))
is_hakmem(place) = ALLOCATORS_OF[int(place) + 1] eq "hakmem"
beyond(place) = part("resident") - 100
# What may be untouched comes last, where the mark of what is resident cuts it off.
array NAMES[7] = ["records", "dirty spans", "warm in slabs", "depots", "rounding", "magazines", "tails"]
array COLOURS[7] = [0x333333, 0xcc79a7, 0xf0e442, 0xe69f00, 0x0072b2, 0xd55e00, 0x56b4e9]
array KEYS[7] = ["metadata", "dirty", "warm", "depot", "rounding", "magazine", "tail"]
own(k) = part(KEYS[k]) + (KEYS[k] eq "tail" ? part("overhang") : 0)
before(k) = k == 1 ? 0 : (sum [j = 1:k - 1] own(j))

set yrange [BAR[rows] + 1:-1]
set border 1
unset ytics
unset key
set style fill solid noborder
set tmargin at screen 1 - HEAD / FIGURE_H
set bmargin at screen FOOT / FIGURE_H
set xrange [0:FAR]
set xtics out nomirror 0, 20
set format x "%g %%"
set grid xtics linecolor rgb "#dddddd" linetype 1
LEFT = 0.165
do for [ending in "svg png"] {
    @TERMINAL
    set multiplot title "{/:Bold What is in memory beyond the requested bytes, when most of them are alive?}\n% of the requested bytes of the trace. What hakmem counts beyond its mark is not in memory"
    unset label
    unset arrow
    do for [i = 1:rows] {
        set label 10 + i ALLOCATORS_OF[i] at screen LEFT - 0.006, first BAR[i] right noenhanced font ",7.5" textcolor rgb (is_hakmem(i - 1) ? "#000000" : "#666666")
        if (i == 1 || TRACES[i] ne TRACES[i > 1 ? i - 1 : 1]) {
            set label 1000 + i TRACES[i] at screen 0.012, first BAR[i] left noenhanced font SMALL
            set arrow 10 + i from screen 0.012, first BAR[i] - 0.95 to screen 0.985, first BAR[i] - 0.95 nohead back linecolor rgb "#dddddd"
        }
    }
    set lmargin at screen LEFT
    set rmargin at screen 0.56
    set label 1 "{/:Bold of every allocator}: whole pages without a live byte could go back" at graph 0, screen 1 - 62 / FIGURE_H left
    set label 2 "rest of the pages that live blocks are in" at screen LEFT + 0.02, screen 20 / FIGURE_H left font SMALL
    set label 3 "pages without a live byte" at screen LEFT + 0.25, screen 20 / FIGURE_H left font SMALL
    set object 1 rectangle from screen LEFT + 0.003, screen 15 / FIGURE_H to screen LEFT + 0.015, screen 25 / FIGURE_H fillcolor rgb "#c4c4c4"
    set object 2 rectangle from screen LEFT + 0.233, screen 15 / FIGURE_H to screen LEFT + 0.245, screen 25 / FIGURE_H fillcolor rgb "#6b6b6b"
    plot TABLE using (0):"place":(0):(near(part("shared"))):(bar(column("place")) - 0.42):(bar(column("place")) + 0.42) with boxxyerror fillcolor rgb "#c4c4c4", \
         "" using (0):"place":(near(part("shared"))):(near(beyond(column("place")))):(bar(column("place")) - 0.42):(bar(column("place")) + 0.42) with boxxyerror fillcolor rgb "#6b6b6b", \
         "" using (beyond(column("place")) > FAR ? FAR : NaN):(bar(column("place"))):(sprintf("%.0f %% ", beyond(column("place")))) with labels right font ",7.5" textcolor rgb "#ffffff"
    do for [i = 1:rows] {
        unset label 10 + i
        unset label 1000 + i
        unset arrow 10 + i
    }
    set lmargin at screen 0.59
    set rmargin at screen 0.985
    set label 1 "{/:Bold of hakmem}, by its own count; mark: what is resident" at graph 0, screen 1 - 62 / FIGURE_H left
    unset label 2
    unset label 3
    unset object
    do for [k = 1:7] {
        set label 1 + k NAMES[k] at screen 0.59 + 0.1 * ((k - 1) % 4) + 0.015, screen (k <= 4 ? 27 : 12) / FIGURE_H left font SMALL
        set object k rectangle from screen 0.59 + 0.1 * ((k - 1) % 4), screen (k <= 4 ? 22 : 7) / FIGURE_H to screen 0.602 + 0.1 * ((k - 1) % 4), screen (k <= 4 ? 32 : 17) / FIGURE_H fillcolor rgb COLOURS[k]
    }
    plot for [k = 1:7] TABLE using (is_hakmem(column("place")) ? 0 : NaN):"place":(near(before(k))):(near(before(k) + own(k))):(whole(column("place")) - 0.3 * OF[int(column("place")) + 1]):(whole(column("place")) + 0.3 * OF[int(column("place")) + 1]) with boxxyerror fillcolor rgb COLOURS[k], \
         TABLE using (is_hakmem(column("place")) ? near(beyond(column("place"))) : NaN):(whole(column("place")) - 0.42 * OF[int(column("place")) + 1]):(0):(0.84 * OF[int(column("place")) + 1]) with vectors nohead linewidth 2.5 linecolor rgb "#000000"
    unset multiplot
}
