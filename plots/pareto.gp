# pareto.gp - which allocators are worth their memory on one workload.
# gnuplot -c pareto.gp PLOTS compare-NAME.csv OUT NAME SUBTITLE points-NAME.csv
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 520
load ARG1."/style.gp"
SHOWN(x) = strcol("allocator") ne "hakmem-again"
NOTE = ""
NAME_BELOW(x) = ""
NAME_OF(x) = strcol("label")
WHO_OF(x) = strcol("label")
COLOUR_OF(x) = colour_named(strcol("allocator"))
set title "{/:Bold Who is faster or leaner than whom on ".ARG4."?}\n".ARG5."\nratios to hakmem with 95 % intervals; filled: no other is both faster and leaner"
set xlabel "peak memory, over hakmem's (left: less)"
set ylabel "throughput, over hakmem's (up: faster)"
load ARG1."/pareto-part.gp"
