# grid-throughput.gp - throughput of hakmem over the W_MAX grid, for one workload.
# gnuplot -c grid-throughput.gp PLOTS grid-NAME.csv OUT NAME SUBTITLE points-NAME.csv NOTE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 600
NOTE = ARG7
load ARG1."/style.gp"
VERDICT = "throughput_verdict"
BEYOND = "throughput_beyond"
RATIO = "throughput_ratio"
VALUE = 'shown(column("throughput_ops_per_s_median") / 1e6)'
PALETTE = BETTER_PALETTE
set title "{/:Bold Does W\\_MAX change the throughput of ".ARG4."?}\n".ARG5."\nmillion operations per second (median), and difference from the default pair (framed)\nblue is faster, orange slower; grey: within the margin, or within what that pair differs from itself"
load ARG1."/heatmap.gp"
