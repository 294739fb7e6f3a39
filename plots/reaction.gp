# reaction.gp - what is wasted inside blocks while a program changes its sizes: how soon are they
# learnt, and what does the change cost?
# gnuplot -c reaction.gp PLOTS reaction.csv OUT
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 440
load ARG1."/style.gp"
stats TABLE using "operations" name "OPERATIONS" nooutput
stats TABLE using "phase" name "PHASE" nooutput
million = 1e-6
phase_most = OPERATIONS_max * million / (PHASE_max + 1)
of(setting) = strcol("setting") eq setting && column("requested") > 0 ? 100 * column("waste") / column("requested") : NaN
set xrange [0:OPERATIONS_max * million]
set yrange [0:*]
set xtics out nomirror
set ytics out nomirror
set format y "%g %%"
set border 3
set grid ytics linecolor rgb "#e4e4e4" linetype 1
set bmargin 5.5
set xlabel "millions of replaced blocks"
set ylabel "waste inside live blocks, % of the request"
set title "{/:Bold How soon does learning follow a program whose sizes change?}\n20 MiB of blocks of 33,000, of 45,200, of 5,200 and of 33,000 bytes again, replaced one by one"
SIZES = "33,000 45,200 5,200 33,000"
do for [phase = 0:PHASE_max] {
    if (phase > 0) { set arrow from phase * phase_most, graph 0 to phase * phase_most, graph 1 nohead back linecolor rgb "#b0b0b0" dashtype 2 }
    set label word(SIZES, phase + 1)." bytes" at (phase + 0.5) * phase_most, graph 0.96 center
}
do for [ending in "svg png"] {
    @TERMINAL
    set key below center horizontal samplen 3 font SMALL
    plot TABLE using (column("operations") * million):(of("built-in")) with lines linewidth 2 linecolor rgb "#8c8c8c" title "built-in classes", \
         "" using (column("operations") * million):(of("static")) with lines linewidth 2 linecolor rgb "#009e73" title "best static table", \
         "" using (column("operations") * million):(of("learnt")) with lines linewidth 2 linecolor rgb "#0072b2" title "learnt"
}
