# learnt_reasons.awk LEARNT.CSV: of learnt.sh's table, each figure that does not keep to its bound, and
# the reason as far as it was measured. The built-in classes ran beside: where learnt classes are
# within the bound of these, they took nothing away, and it is the static table that has other
# classes; where these lie within the interval, the two cannot be told apart; else it is what
# learning costs, by changes of the table if there were any.
BEGIN {
    FS = ","
}
NR == 1 {
    for (i = 1; i <= NF; i++) at[$i] = i
    next
}
{
    look("peak", 1.02, 1)
    look("speed", 0.98, -1)
}
END {
    if (rows == 0) print "Every figure keeps to its bound."
}

function field(name) {
    return $at[name] + 0
}

# sign: 1 where a larger ratio is worse
function look(what, bound, sign,   ratio, low, high, built_in, own) {
    ratio = field(what)
    low = field(what "_lo")
    high = field(what "_hi")
    built_in = field(what "_built_in")
    if (sign > 0 ? high <= bound : low >= bound) return
    if (rows++ == 0) print "What does not keep to its bound:"
    printf "  %s, %s: %.3f [%.3f, %.3f] ", $at["trace"], what, ratio, low, high
    if (sign > 0 ? low <= bound : high >= bound) {
        printf "is open: the bound of %.2f lies within. ", bound
    } else {
        printf "misses %.2f. ", bound
    }
    own = built_in > 0 ? ratio / built_in : 1
    printf "Built-in classes %.3f: ", built_in
    if (sign > 0 ? own <= bound : own >= bound) {
        printf "learning adds to these and is within the bound of them; the static table has %d classes of its own in their place\n",
            field("classes")
    } else if (low <= built_in && built_in <= high) {
        printf "the interval does not tell learnt ones from them\n"
    } else if (field("changes") > 0) {
        printf "learning costs it; changes of the table: %d\n", field("changes")
    } else {
        printf "learning costs it, though it changed nothing\n"
    }
}
