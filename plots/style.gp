# style.gp - what all figures share: fonts, colours, and drawing each one as SVG and as PNG.
#
# Blue is better and orange worse than the reference in every figure; both, and the greys, are told
# apart by readers with any common colour blindness (ColorBrewer PuOr, ends darkened).
# Titles are joined by dots: gnuplot's sprintf cuts what is over 80 characters longer than its format.
# SMALL is a font; a size is in pixels in one kind of file, in points in the other.
# A figure script defines FIGURE_W, FIGURE_H, loads this file, and sets up its plot; then
#   do for [ending in "svg png"] { @TERMINAL ; plot … }
set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing "NaN"

TERMINAL = 'if (ending eq "svg") { \
        set terminal svg size FIGURE_W,FIGURE_H dynamic enhanced font "DejaVu Sans,12" background "#ffffff" ; \
        SMALL = ",10.5" \
    } else { \
        set terminal pngcairo size FIGURE_W,FIGURE_H enhanced font "DejaVu Sans,10" background "#ffffff" ; \
        SMALL = ",9" \
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
# The same, where `b` is no number: then `a` stays.
higher(a, b) = b == b && (a != a || b > a) ? b : a
lower(a, b) = b == b && (a != a || b < a) ? b : a
# gnuplot warns of an element of a plot that has no point. So scripts note in lists, while `stats`
# reads the table (before they set ranges, which it minds), the places of what has a number, and
# draw an element for each word of the list. Of an empty list gnuplot still draws one, of an empty
# word: its points stand at AWAY, off the scale (a script with a logarithm sets it to 1e-99).
listed(list, place, value) = value == value && strstrt(" ".list, sprintf(" %d ", place)) == 0 ? list.sprintf("%d ", place) : list
AWAY = -1e9
place(word) = word eq "" ? 0 : word + 0
# Where a point of the place stands, and its other numbers.
of(word, value) = word eq "" ? AWAY : column("place") == place(word) ? value : NaN
its_text(word, text) = word eq "" ? "" : text
its(word, value) = word eq "" ? 1 : value

# An allocator by its place in the run: hakmem is the first. ALLOCATORS, a table that the lab writes
# (lab/src/palette.h), has the colour and the mark of each.
if (exists("ALLOCATORS")) {
    stats ALLOCATORS using "place" name "ALLOCATOR" nooutput
    ALLOCATOR_KEYS = ""
    array ALLOCATOR_COLOURS[ALLOCATOR_records]
    array ALLOCATOR_MARKS[ALLOCATOR_records]
    stats ALLOCATORS using (ALLOCATOR_COLOURS[int(column("place")) + 1] = int(column("rgb")), ALLOCATOR_MARKS[int(column("place")) + 1] = int(column("mark")), ALLOCATOR_KEYS = ALLOCATOR_KEYS." ".strcol("allocator"), 1) nooutput
}
# By its key, as the comparison has it: with the A/A twin, which has no place and is grey.
place_named(key) = (sum [i = 1:words(ALLOCATOR_KEYS)] (word(ALLOCATOR_KEYS, i) eq key ? i : 0)) - 1
colour_named(key) = place_named(key) < 0 ? 0xa6a6a6 : colour_of(place_named(key))
colour_of(place) = ALLOCATOR_COLOURS[int(place) + 1]
mark_of(place) = ALLOCATOR_MARKS[int(place) + 1]

# What a reader sees of a mark on the page when pointing at it, and of a word of verdict in short.
HOVER_POINT = 'hypertext point pointtype 7 pointsize 2.2 linecolor rgb "#ff000000"'
HOVER_CELL = 'hypertext point pointtype 5 pointsize 7 linecolor rgb "#ff000000"'
decided(verdict) = verdict eq "faster" || verdict eq "slower" || verdict eq "more" || verdict eq "less"
ratio_words(ratio, lo, hi) = ratio == ratio ? sprintf("%.3f [%.3f, %.3f]", ratio, lo, hi) : "no sample"

# Above the panels of ratios of hakmem to another.
array HEADING_OF[3] = ["{/:Bold speed}\nright: hakmem is faster", "{/:Bold peak memory}\nleft: hakmem takes less", "{/:Bold steady memory}\nleft: hakmem takes less"]

# Sizes of blocks on a logarithmic axis, with and without words.
SIZE_TICS = '("1 B" 1, "4 B" 4, "16 B" 16, "64 B" 64, "256 B" 256, "1 KiB" 1024, "4 KiB" 4096, "16 KiB" 16384, "64 KiB" 65536, "256 KiB" 262144, "1 MiB" 1048576, "4 MiB" 4194304)'
SIZE_TICS_BARE = '("" 1, "" 4, "" 16, "" 64, "" 256, "" 1024, "" 4096, "" 16384, "" 65536, "" 262144, "" 1048576, "" 4194304)'

# A legend of its own for figures of several panels, in one row at the bottom: LABELS[1 … rows].
legend_x(place, rows) = 0.04 + 0.94 * place / rows
