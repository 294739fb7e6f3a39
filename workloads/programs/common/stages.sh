# shellcheck shell=bash
# stages.sh - what the programs' scripts share; each sources it first and ends with `stage "$@"`.
#
# bin/program runs a script once per stage, "SCRIPT STAGE", in a work folder of its own, which is
# removed at the end with every process that works in it. A stage is a function of that name:
#
#   prepare   files that the program needs; not measured
#   tool      runs the program once: ends with `serve COMMAND …`
#
# or, for a server,
#
#   server    becomes the server, in the foreground: ends with `serve COMMAND …`
#   ready     succeeds as soon as the server answers
#   fill      what the server shall hold before the load; not timed
#   load      drives it, and ends; timed
#   drain     frees what the server holds; its memory is read a second later
#
# and for both
#
#   figures   prints, from what load or tool left (load.out, tool.out, files), lines "KEY NUMBER":
#             ops, and what the program tells of itself: ns (the time of all), p50_ns, p90_ns,
#             p99_ns, p999_ns, max_ns of its requests; "check TEXT" is of its work, and must not
#             depend on the allocator
#
# Only prepare, fill, drain and figures may be missing, and figures only where ops is 1.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/free_port.sh"

# need PROGRAM PACKAGE: .ci/packages.sh finds the packages by these lines
need() {
    if ! command -v "$1" >/dev/null; then
        echo "$1 is not there: install the Debian package $2" >&2
        exit 1
    fi
}

# share N: that much of the full work, at least 1
share() {
    local part=$(($1 * ${PROGRAM_PERCENT:-100} / 100))
    echo $((part > 0 ? part : 1))
}

# serve COMMAND …: becomes the command, under the allocator
serve() {
    export LD_PRELOAD=$PROGRAM_PRELOAD
    exec "$@"
}

# quantiles: of the numbers on stdin, in nanoseconds, as figures
quantiles() {
    sort -n | awk '
        { value[NR] = $1 }
        function at(share) { i = int(share * NR + 0.999999); return value[i > 0 ? i : 1] }
        END {
            printf "p50_ns %d\np90_ns %d\np99_ns %d\n", at(0.5), at(0.9), at(0.99)
            printf "p999_ns %d\nmax_ns %d\n", at(0.999), value[NR]
        }'
}

stage() {
    local names
    case ${1-} in
    stages)
        names=$(declare -F | awk '{print $3}' | tr '\n' ' ')
        echo " $names"
        ;;
    *) "$1" ;;
    esac
}
