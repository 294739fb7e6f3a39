# averages.gp - allocators over all workloads of the run: geometric means, throughput against memory.
# gnuplot -c averages.gp PLOTS averages.csv OUT WORKLOADS
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 500
load ARG1."/style.gp"
SHOWN(x) = 1
NOTE = ""
# Fast allocators lie near each other: every third name goes below its mark, and the twin has none.
is_twin(x) = strcol("allocator")[strlen(strcol("allocator")) - 5:] eq "-again"
is_below(x) = int(column("place")) % 3 == 2
NAME_BELOW(x) = !is_twin(0) && is_below(0) ? strcol("label") : ""
NAME_OF(x) = is_twin(0) || is_below(0) ? "" : strcol("label")
WHO_OF(x) = strcol("label")
COLOUR_OF(x) = colour_of(column("place"))
set title "{/:Bold Who is faster or leaner over ".ARG4." workloads?}\ngeometric means of ratios to hakmem; 95 % intervals of the measurement, not of the choice of workloads\nfilled: no other is both faster and leaner; the mark at 1 without a name: hakmem again (A/A)"
set xlabel "peak memory, over hakmem's (left: less)"
set ylabel "throughput, over hakmem's (up: faster)"
load ARG1."/pareto-part.gp"
