# power.gp - how often a known delay is found, by the time of a run, and how often a twin is called
# different: what budget does a difference of that size take on this machine?
# gnuplot -c power.gp PLOTS power.csv OUT WORKLOAD
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 480
load ARG1."/style.gp"
stats TABLE using "seconds" name "SECONDS" nooutput
set xrange [0:1.04 * SECONDS_max]
set yrange [0:104]
set xtics out nomirror
set format y "%g %%"
set ytics out nomirror (0, 25, 50, 75, 90, 100)
set border 3
set grid ytics linecolor rgb "#e4e4e4" linetype 1
set bmargin 5.5
set xlabel "seconds that a run takes, of all settings together"
set ylabel "runs that call it slower"
set title "{/:Bold How long must a run be to detect a difference?}\nhakmem against itself on ".ARG4.", each operation slowed down by so much\nof all runs of that length; the twin is hakmem as it is"
found(delay) = column("delay_percent") == delay ? 100 * column("found") : NaN
do for [ending in "svg png"] {
    @TERMINAL
    set key below center horizontal samplen 3 font SMALL
    plot TABLE using (column("seconds")):(found(4)) with linespoints pointtype 5 linewidth 2 linecolor rgb "#08519c" title "4 % slower", \
         "" using (column("seconds")):(found(2)) with linespoints pointtype 7 linewidth 2 linecolor rgb "#3182bd" title "2 % slower", \
         "" using (column("seconds")):(found(1)) with linespoints pointtype 9 linewidth 2 linecolor rgb "#9ecae1" title "1 % slower", \
         "" using (column("seconds")):(found(0)) with linespoints pointtype 2 linewidth 2 linecolor rgb "#b35806" title "the twin: called different"
}
