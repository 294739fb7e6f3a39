# grid-memory.gp - peak memory per requested byte of hakmem over the W_MAX grid, for one workload.
# gnuplot -c grid-memory.gp PLOTS grid-NAME.csv OUT NAME SUBTITLE contour-NAME.csv
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 600
CONTOUR = ARG6
NOTE = ARG7
MEASURE = "peak"
load ARG1."/style.gp"
RATIO = "peak_ratio"
VALUE = 'shown(column("peak_per_requested_byte_median"))'
PALETTE = WORSE_PALETTE
set title "{/:Bold Does W\\_MAX change the memory of ".ARG4."?}\n".ARG5."\npeak resident bytes per requested byte (median), and difference from the\ndefault pair (framed); blue is less"
load ARG1."/heatmap.gp"
