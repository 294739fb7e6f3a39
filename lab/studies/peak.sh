#!/usr/bin/env bash
# peak.sh [TRACE ...]: where memory goes when most bytes of a trace are alive. Each trace (all
# shipped ones, if none is named) is replayed up to that moment (hakreplay --until=peak) under
# hakmem and each other allocator that is installed (baselines/allocators.tsv). A row has, in per
# cent of the requested bytes:
#
#   resident   anonymous memory of the process, less that of its start: the least that the process
#              of any allocator had before the first request. So what one takes at its start counts
#   shared     the rest of the pages that hold a byte of a live block
#   idle       pages that hold none; these hold for all: resident = 100 % + shared + idle
#
# and what hakmem says of itself (of the others rounding only, and "-" where they do not tell it):
#
#   rounding   what blocks of the trace have beyond their requests; of glibc with headers, and with
#              the free blocks that its threads cache
#   tails      what slabs leave over, and spans beyond their block
#   magazines, depots, warm    free blocks: of threads, in full magazines, in slabs
#   dirty      free spans in memory
#   records    hakmem's records and page map
#   beside     resident, less requested bytes and all of these. It is negative where hakmem counts
#              what is not in memory since nobody touched it: ends of blocks and spans, blocks in
#              magazines
#   cold       free blocks that are not in memory; no part of the sum
#
# With HAKMEM_HARDEN=2 the blocks in quarantine are a column of peak.csv only.
# OUT=FOLDER (a new one in results/): peak.csv, in bytes, the figure, and the samples. What FOLDER
# has of an interrupted study is not measured again. REPEATS=N: of N runs (3) the one with the
# median of resident memory is shown; TOUCH=page|whole: what is written of each block (page).
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
. "$root/lab/studies/allocators.sh"
repeats=${REPEATS:-3}
touch=${TOUCH:-page}
out=${OUT:-$root/results/peak-$(date -u +%Y%m%dT%H%M%SZ)}
[ $# -gt 0 ] || set -- "$root"/workloads/traces/*.hakt.zst
mkdir -p "$out/samples"
out=$(realpath "$out")

# value KEY TEXT: the first number of that name
value() { grep -oE "\"$1\": ?-?[0-9]+" <<<"$2" | head -n 1 | grep -oE -- '-?[0-9]+$'; }

# resident FILE: the whole of it at the peak
resident() {
    local sample
    sample=$(<"$1")
    echo $(($(value rss_anon_base_bytes "$sample") + $(value rss_anon_steady_bytes "$sample")))
}

# start TRACE: of all its samples
start() {
    local sample
    for sample in "$out/samples/$1"-*-*; do
        value rss_anon_base_bytes "$(<"$sample")"
    done | sort -n | head -n 1
}

# median TRACE KEY: the sample that is shown
median() {
    local sample
    for sample in "$out/samples/$1-$2"-[0-9]*; do
        echo "$(resident "$sample") $sample"
    done | sort -n | sed -n "$(((repeats + 1) / 2))s/[0-9]* //p"
}

columns=(requested resident shared idle rounding tail overhang magazine depot warm dirty quarantine
    metadata beside cold start)
# parts SAMPLE START: these columns
parts() {
    local sample held peak requested resident live_pages in_use name row=() known=0
    sample=$(<"$1")
    held=${sample#*\"held\":}
    peak=${held#*\"peak\":}
    requested=$(value requested_steady_bytes "$sample")
    resident=$(($(resident "$1") - $2))
    live_pages=$(value live_page_bytes "$sample")
    row=("$requested" "$resident" $((live_pages - requested)) $((resident - live_pages)))
    if in_use=$(value in_use_bytes "$peak"); then
        in_use=$((in_use - $(value in_use_bytes "$held"))) # of the program's start
        row+=($((in_use - requested)))
    else
        in_use=$requested row+=(NaN)
    fi
    for name in tail overhang magazine depot warm dirty quarantine metadata; do
        row+=("$(value "${name}_bytes" "${peak#*\"statistics\":}" || echo NaN)")
        [ "${row[-1]}" = NaN ] || known=$((known + row[-1]))
    done
    row+=($((resident - in_use - known)) "$(value cold_bytes "$peak" || echo NaN)" "$2")
    (IFS=, && echo "${row[*]}")
}

# The table, of peak.csv. A column has the width of its head.
show() {
    awk -F, '
        function width(i) {return length(head[i]) > 5 ? length(head[i]) : 5}
        function bytes_of(name, tail) {
            if (name != "tails") return $at[name "_bytes"]
            tail = $at["tail_bytes"]
            return tail == "NaN" ? tail : tail + $at["overhang_bytes"]
        }
        function percent(bytes) {
            return bytes == "NaN" ? "-" : sprintf("%.1f", 100 * bytes / $at["requested_bytes"])
        }
        BEGIN {
            count = split("resident shared idle rounding tails magazine depot warm dirty " \
                "metadata beside cold", name, " ")
            split("resident shared idle rounding tails magazines depots warm dirty " \
                "records beside cold", head, " ")
            printf "%-13s %-9s %13s", "trace", "", "requested"
            for (i = 1; i <= count; i++) printf " %" width(i) "s%s", head[i], i == 3 ? " |" : ""
            print ""
        }
        NR == 1 {
            for (i = 1; i <= NF; i++) at[$i] = i
            next
        }
        {
            mib = $at["requested_bytes"] / 1048576
            printf "%-13s %-9s %9.1f MiB", $2 == last ? "" : $2, $3, mib
            last = $2
            for (i = 1; i <= count; i++)
                printf " %" width(i) "s%s", percent(bytes_of(name[i])), i == 3 ? " |" : ""
            print ""
        }' "$1"
}

mapfile -t peers < <(allocators)
table=$out/peak.csv
echo "place,trace,allocator,$(printf '%s_bytes,' "${columns[@]}" | sed 's/,$//')" >"$table.part"
place=0
for trace in "$@"; do
    name=$(basename "$trace" .hakt.zst)
    for peer in "${peers[@]}"; do
        measure "$trace" "${peer%% *}" "${peer#* }" --until=peak
    done
    start=$(start "$name")
    for peer in "${peers[@]}"; do
        echo "$((place++)),$name,${peer%% *},$(parts "$(median "$name" "${peer%% *}")" "$start")" \
            >>"$table.part"
    done
done
mv "$table.part" "$table"
show "$table"
gnuplot -c "$root/plots/peak.gp" "$root/plots" "$table" "$out/peak"
echo "Figure and samples: $out"
