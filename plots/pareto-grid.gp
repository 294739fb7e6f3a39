# pareto-grid.gp - which W_MAX pairs are worth their memory on one workload.
# gnuplot -c pareto-grid.gp PLOTS grid-NAME.csv OUT NAME SUBTITLE points-NAME.csv NOTE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 520
load ARG1."/style.gp"
SHOWN(x) = 1
# Names on the front only: the others would lie on one another.
# The default pair is called by its name below its mark: another often lies on it.
NAME_BELOW(x) = column("is_default") == 1 ? strcol("wmax_mid")."/".strcol("wmax_large") : ""
NOTE = ARG7
NAME_OF(x) = column("is_default") == 0 && column("on_front") == 1 ? strcol("wmax_mid")."/".strcol("wmax_large") : ""
WHO_OF(x) = sprintf("W_MAX %s/%s", strcol("wmax_mid"), strcol("wmax_large"))
COLOUR_OF(x) = column("is_default") == 1 ? 0x0072b2 : column("on_front") == 1 ? 0x000000 : 0x9a9a9a
set title "{/:Bold Which W\\_MAX pairs trade memory for speed on ".ARG4."?}\n".ARG5."\nmid/large, ratios to the default pair (blue), 95 % intervals; filled: no other is both faster and leaner"
set xlabel "peak memory, over that of the default pair (left: less)"
set ylabel "throughput, over that of the default pair (up: faster)"
load ARG1."/pareto-part.gp"
