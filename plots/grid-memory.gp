# grid-memory.gp - peak memory per requested byte of hakmem over the W_MAX grid, for one workload.
# gnuplot -c grid-memory.gp PLOTS grid-NAME.csv OUT NAME SUBTITLE points-NAME.csv NOTE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 600
NOTE = ARG7
load ARG1."/style.gp"
VERDICT = "peak_verdict"
BEYOND = "peak_beyond"
RATIO = "peak_ratio"
VALUE = 'shown(column("peak_per_requested_byte_median"))'
PALETTE = WORSE_PALETTE
set title "{/:Bold Does W\\_MAX change the memory of ".ARG4."?}\n".ARG5."\npeak resident bytes per requested byte (median), and difference from the default pair (framed)\nblue is less, orange more; grey: within the margin, or within what that pair differs from itself"
load ARG1."/heatmap.gp"
