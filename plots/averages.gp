# averages.gp - allocators over all workloads of the run: geometric means, throughput against memory.
# gnuplot -c averages.gp PLOTS averages.csv OUT WORKLOADS
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 500
load ARG1."/style.gp"
SHOWN(x) = 1
NOTE = ""
NAME_BELOW(x) = ""
NAME_OF(x) = strcol("label")
WHO_OF(x) = strcol("label")
COLOUR_OF(x) = colour_of(column("place"))
set title "{/:Bold Who is faster or leaner over ".ARG4." workloads?}\ngeometric means of ratios to hakmem; 95 % intervals of the measurement, not of the choice of workloads\nfilled: no other is both faster and leaner"
set xlabel "peak memory, over hakmem's (left: less)"
set ylabel "throughput, over hakmem's (up: faster)"
load ARG1."/pareto-part.gp"
