# style.gp - what all figures share: fonts, colours, and drawing each one as SVG and as PNG.
#
# Blue is better and orange worse than the reference in every figure; both, and the greys, are told
# apart by readers with any common colour blindness (ColorBrewer PuOr, ends darkened).
# A figure script defines FIGURE_W, FIGURE_H, loads this file, and sets up its plot; then
#   do for [ending in "svg png"] { @TERMINAL ; plot … }
set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing "NaN"

TERMINAL = 'if (ending eq "svg") { \
        set terminal svg size FIGURE_W,FIGURE_H dynamic enhanced font "DejaVu Sans,12" background "#ffffff" \
    } else { \
        set terminal pngcairo size FIGURE_W,FIGURE_H enhanced font "DejaVu Sans,10" background "#ffffff" \
    } ; set output OUT.".".ending'

BETTER_PALETTE = 'defined (-1 "#b35806", -0.5 "#f1a340", 0 "#ffffff", 0.5 "#67a9cf", 1 "#2166ac")'
WORSE_PALETTE = 'defined (-1 "#2166ac", -0.5 "#67a9cf", 0 "#ffffff", 0.5 "#f1a340", 1 "#b35806")'
COUNT_PALETTE = 'defined (0 "#ffffff", 0.35 "#fdcc8a", 0.7 "#e08214", 1 "#8c4a04")'

# A ratio as a signed percentage; what is within 0.05 % reads 0.0.
# "failed" where there is no number: every sample of the cell ended with a status that is not ok.
percent(ratio) = ratio == ratio ? sprintf("%+.1f %%", 100 * (ratio - 1)) : ""
shown(number) = number == number ? sprintf("%.3f", number) : "failed"
max(a, b) = a > b ? a : b
# A result of stats by its name, or `otherwise`: a column without a number leaves none.
known(name, otherwise) = exists(name) ? value(name) : otherwise
min(a, b) = a < b ? a : b
