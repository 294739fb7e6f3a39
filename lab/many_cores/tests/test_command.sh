#!/usr/bin/env bash
# bin/many_cores and its study: figures that do not depend on the machine, bounds on what hakmem
# moves between cores, and what is said of a bad command line.
set -uo pipefail
root=$(realpath "$(dirname "$0")/../../..")
many_cores=$root/bin/many_cores
scratch=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-many-cores.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2

# is NAME COMMAND ...
is() {
    local name=$1
    shift
    if "$@" >log 2>&1; then echo "ok $name"; else echo "not ok $name" && sed 's/^/    /' log; fi
}

# of FILE SHAPE CORES COLUMN
of() {
    awk -F, -v shape="$2" -v cores="$3" -v name="$4" '
        NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i}
        $1 == shape && $2 == cores {print $at}' "$1"
}

# at_most FILE SHAPE CORES COLUMN BOUND
at_most() {
    local value
    value=$(of "$1" "$2" "$3" "$4")
    echo "$2, $3 cores: $4 $value, at most $5"
    awk -v value="$value" -v bound="$5" 'BEGIN {exit !(value != "" && value <= bound)}'
}

the_same_each_time() {
    "$many_cores" --cores=1,6 --ops=6000 >again && cmp once again
}

# What one core does costs no other core anything; of what they share, each thousand operations
# move so many lines at most.
moves_little() {
    at_most once own 1 transfers 0 && at_most once pairs 6 transfers 200 &&
        at_most once threads 6 transfers 460 && at_most once shared 6 transfers 90 &&
        at_most once mid33 6 transfers 20
}

takes_few_locks() {
    at_most once pairs 6 all_locks 18 && at_most once shared 6 all_locks 30 &&
        at_most once threads 6 all_locks 140 && at_most once mid33 6 heap_locks 1
}

slower_lines_take_longer() {
    "$many_cores" --shape=pairs --cores=4 --ops=2000 --transfer=60 >near || return
    "$many_cores" --shape=pairs --cores=4 --ops=2000 --transfer=300 >far || return
    [ "$(of near pairs 4 transfers)" != "" ] && at_most near pairs 4 ns_per_op 200 &&
        ! at_most far pairs 4 ns_per_op 400
}

names_places() {
    "$many_cores" --shape=pairs --cores=2 --ops=2000 --places >rows 2>places || return
    [ "$(wc -l <rows)" -eq 2 ] || return
    addr2line -f -e "$many_cores" "$(awk '{print $2; exit}' places)" >place && cat place &&
        grep -q '/hakmem/core/' place
}

# Nobody waits for a partner that there is not.
odd_numbers_end() {
    timeout 60 "$many_cores" --cores=3 --ops=1000 >rows || return
    cat rows
    [ "$(of rows own 3 cores)" = 3 ] && [ -z "$(of rows pairs 3 cores)" ]
}

# says TEXT ARGUMENT ...: it does nothing else, with status 2
says() {
    local text=$1 status=0
    shift
    "$many_cores" "$@" >out 2>err || status=$?
    cat err
    [ $status -eq 2 ] && [ ! -s out ] && grep -qF -- "$text" err
}

study() {
    OUT=$scratch/study CORES=2,4 OPS=2000 "$root/lab/studies/many_cores.sh" >told || return
    cat told
    grep -qE '^pairs +2 ' told && [ -s study/many-cores.svg ] || return
    # what was simulated is not simulated again
    sed -i 's/^pairs,4,[0-9]*,/pairs,4,123456,/' study/shapes/pairs
    OUT=$scratch/study CORES=2,4 OPS=2000 "$root/lab/studies/many_cores.sh" >told || return
    grep -q '^2,pairs,4,123456,' study/many-cores.csv || return
    ! OUT=$scratch/study CORES=2 "$root/lab/studies/many_cores.sh" >told 2>&1 &&
        grep -q 'is of another study: --cores=2,4 ' told
}

"$many_cores" --cores=1,6 --ops=6000 >once
is the_same_each_time the_same_each_time
is moves_little moves_little
is takes_few_locks takes_few_locks
is slower_lines_take_longer slower_lines_take_longer
is names_places names_places
is odd_numbers_end odd_numbers_end
is no_such_option says '--frob: unknown option' --frob
is no_such_shape says '--shape=frob: there is no such shape' --shape=frob
is cores_are_numbers says '--cores=two: a number from 1 to 256' --cores=two
is cores_are_whole says '--cores=1.5: whole numbers' --cores=1.5
is cores_have_a_bound says '--cores=300: a number from 1 to 256' --cores=300
is ops_have_a_bound says '--ops=1: a number from 1000' --ops=1
is study study
