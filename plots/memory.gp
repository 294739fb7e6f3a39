# memory.gp - where the memory of one workload is, by allocator, and what is left after the drain.
# gnuplot -c memory.gp PLOTS memory-NAME.csv OUT NAME SUBTITLE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1000
load ARG1."/style.gp"
MIB = 1048576.0
stats TABLE using "place" name "ROWS" nooutput
stats TABLE using (column("requested_bytes")/MIB) name "ASKED" nooutput
stats TABLE using (column("resident_bytes")/MIB) name "HELD" nooutput
part(name) = column(name) == column(name) ? max(0, column(name)) / MIB : 0
top = 0.001
stats TABLE using (top = max(top, part("requested_bytes") + part("rounding_bytes") + part("held_free_bytes") + part("metadata_bytes")), 0) nooutput
top = max(top, known("HELD_max", 0))
rows = int(ROWS_max) + 1
FIGURE_H = 232 + 52 * rows
set title "{/:Bold Where is the memory on ".ARG4.", and what comes back?}\n".ARG5."\nbars: with the live set alive, as the allocator tells (what it does not is missing)\nblack: resident in fact then, and 0.1, 1 and 5 s after all was freed"
set xlabel "MiB"
set xrange [0:top * 1.04]
set yrange [rows - 0.4:-0.6]
set ytics scale 0
set xtics out nomirror
set grid xtics linecolor rgb "#dddddd" linetype 1
set border 3
set lmargin 28
set rmargin 3
set tmargin 6.4
set bmargin 7.5
set style fill solid noborder
DRAINS = "resident_bytes drain_100ms_bytes drain_1s_bytes drain_5s_bytes"
PARTS = "requested_bytes rounding_bytes held_free_bytes metadata_bytes"
array COLOURS[4] = ["#0072b2", "#e69f00", "#a8cfe8", "#cc79a7"]
array NAMES[4] = ["requested", "rounding up", "held free", "metadata"]
before(n) = (n > 1 ? part(word(PARTS, 1)) : 0) + (n > 2 ? part(word(PARTS, 2)) : 0) + (n > 3 ? part(word(PARTS, 3)) : 0)
do for [ending in "svg png"] {
    @TERMINAL
    set key below center horizontal samplen 1.5 font SMALL
    plot for [n = 1:4] TABLE using (before(n) + part(word(PARTS, n)) / 2):(column("place") - 0.12):(part(word(PARTS, n)) / 2):(0.2):ytic(strcol("label")) \
            with boxxyerror fillcolor rgb COLOURS[n] title NAMES[n], \
         for [n = 1:4] "" using (before(n) + part(word(PARTS, n)) / 2):(column("place") - 0.12):(sprintf("%s, %s: %.2f MiB", strcol("label"), NAMES[n], part(word(PARTS, n)))) with labels @HOVER_POINT noenhanced notitle, \
         "" using (column("resident_bytes")/MIB):(column("place") - 0.12) with points pointtype 13 pointsize 1.5 linecolor rgb "#000000" title "resident", \
         "" using (column("drain_100ms_bytes")/MIB):(column("place") + 0.25) with points pointtype 6 pointsize 1.1 linewidth 1.5 linecolor rgb "#000000" title "after 0.1 s", \
         "" using (column("drain_1s_bytes")/MIB):(column("place") + 0.25) with points pointtype 4 pointsize 0.9 linewidth 1.5 linecolor rgb "#000000" title "1 s", \
         "" using (column("drain_5s_bytes")/MIB):(column("place") + 0.25) with points pointtype 2 pointsize 0.9 linewidth 1.5 linecolor rgb "#000000" title "5 s", \
         for [c in DRAINS] "" using (column(c)/MIB):(column("place") + (c eq "resident_bytes" ? -0.12 : 0.25)):(sprintf("%s, resident %s: %.2f MiB", strcol("label"), c eq "resident_bytes" ? "with the live set alive" : c eq "drain_100ms_bytes" ? "0.1 s after all was freed" : c eq "drain_1s_bytes" ? "1 s after" : "5 s after", column(c) / MIB)) with labels @HOVER_POINT noenhanced notitle
}
