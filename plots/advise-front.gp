# advise-front.gp - the settings that fresh launches of all allocators measured side by side.
# gnuplot -c advise-front.gp PLOTS advise-front.csv OUT TITLE OVER VERSIONS
# A point that is not recommended is drawn open and has no name; pointing at it tells its setting.
TABLE = ARG2
OUT = ARG3
FIGURE_W = 820
FIGURE_H = 560
load ARG1."/style.gp"
SHOWN(x) = column("throughput_ratio") == column("throughput_ratio") && column("peak_ratio") == column("peak_ratio")
NOTE = "filled: no other is both faster and leaner"
NAME_OF(x) = column("recommended") == 1 ? strcol("label") : ""
NAME_BELOW(x) = ""
WHO_OF(x) = strcol("label")."\n".strcol("setting")
COLOUR_OF(x) = colour_named(strcol("allocator"))
set title "{/:Bold Which settings are worth their memory? ".ARG4."}\nover the default of ".ARG5.", by fresh launches, with 95 % intervals\n".ARG6
set xlabel "peak memory, over that default's (left: less)"
set ylabel "speed, over that default's (up: faster)"
load ARG1."/pareto-part.gp"
