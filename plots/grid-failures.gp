# grid-failures.gp - ACE failures of hakmem over the W_MAX grid, one panel per reason.
# gnuplot -c grid-failures.gp PLOTS grid-NAME.csv OUT NAME SUBTITLE
TABLE = ARG2
OUT = ARG3
FIGURE_W = 1080
FIGURE_H = 460
load ARG1."/style.gp"
COLUMNS = "threshold_per_mop exhaustion_per_mop mapfail_per_mop"
MEANINGS = "'no class within W\\_MAX' 'pool at its cap' 'OS refused memory'"
REASONS = "Threshold Exhaustion MapFail"

stats TABLE using "mid_place" name "MID" nooutput
stats TABLE using "large_place" name "LARGE" nooutput
stats TABLE using (max(column("threshold_per_mop"), max(column("exhaustion_per_mop"), column("mapfail_per_mop")))) name "MOST" nooutput
most = max(1000, known("MOST_max", 1))
set xrange [LARGE_min-0.5:LARGE_max+0.5]
set yrange [MID_min-0.5:MID_max+0.5]
# Colours by magnitude: a handful and a million must both be seen.
shade(value) = log10(1 + value)
set cbrange [0:shade(most)]
set xtics out nomirror scale 0
set ytics out nomirror scale 0
set xlabel "HAKMEM\\_WMAX\\_LARGE"
eval "set palette ".COUNT_PALETTE
unset colorbox
unset key
ink(value) = shade(value) > 0.75 * shade(most) ? 0xffffff : 0x000000
count(value) = value != value ? "failed" : value == 0 ? "0" : value < 10 ? sprintf("%.2g", value) : value < 99999.5 ? sprintf("%.0f", value) : sprintf("%.0fk", value / 1000)

do for [ending in "svg png"] {
    @TERMINAL
    set multiplot layout 1,3 margins 0.075,0.985,0.14,0.77 spacing 0.05 \
        title "{/:Bold How often can ACE not serve a request of ".ARG4."?}\n".ARG5."\nfailures per million operations (median), by reason"
    do for [i = 1:3] {
        name = word(COLUMNS, i)
        set title sprintf("%s: %s", word(REASONS, i), word(MEANINGS, i)) offset 0,-0.5
        set ylabel (i == 1 ? "HAKMEM\\_WMAX\\_MID" : "")
        plot TABLE using "large_place":"mid_place":(0.49):(0.49):(shade(column(name))) \
                with boxxyerror fillcolor palette fillstyle solid noborder, \
             "" using "large_place":"mid_place":(count(column(name))):(ink(column(name))):xtic(strcol("wmax_large")):ytic(strcol("wmax_mid")) \
                with labels textcolor rgbcolor variable, \
             "" using "large_place":"mid_place":(sprintf("W_MAX %s/%s\n%s: %.4g per million operations", strcol("wmax_mid"), strcol("wmax_large"), word(REASONS, i), column(name))) with labels @HOVER_CELL
    }
    unset multiplot
}
