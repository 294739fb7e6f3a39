#!/usr/bin/env bash
# Builds everything: the allocator, the workload drivers and the lab, into hakmem/ and bin/.
#
#   ./build.sh [--no-install] [--baseline KEY=PATH]... [--help]
#
# --baseline builds one more allocator for the comparison, from a source tree or a tarball that you
# have; baselines/README.md has the keys.
#
# Installs the Debian packages that are missing (with sudo when not root), naming them. With
# --no-install it only says which are missing, and stops (exit 1) when the build needs one of them.
# Says nothing, and takes no time, when there is nothing to do.
set -euo pipefail
called_from=$PWD # what a path on the command line is relative to
cd "$(dirname "$0")"
. .ci/packages.sh

install=install
baselines=()
while [ $# -gt 0 ]; do
    argument=$1
    shift
    case $argument in
    --no-install) install=report ;;
    --baseline=*) baselines+=("${argument#*=}") ;;
    --baseline)
        [ $# -gt 0 ] || { echo "build.sh: --baseline needs KEY=PATH" >&2 && exit 2; }
        baselines+=("$1")
        shift
        ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    *) echo "build.sh: unknown option $argument; --help tells" >&2 && exit 2 ;;
    esac
done

# shellcheck disable=SC2046  # lists
packages_ensure $install $(packages_to_build)
# without these a sweep still runs: it has fewer figures, or fewer rows
# shellcheck disable=SC2046
packages_ensure $install $(packages_to_plot) $(packages_to_count) $(packages_of_baselines) ||
    echo "going on without: figures, counts or rows of the comparison will be missing" >&2

# make_part FOLDER GOAL ...: only speaks when there is something to build
make_part() {
    local folder=$1
    shift
    if ! make -q -C "$folder" "$@" >/dev/null 2>&1; then
        echo "building $folder"
        make -s -C "$folder" -j"$(nproc)" "$@"
    fi
}
make_part hakmem shared static
make_part workloads
make_part lab
for baseline in "${baselines[@]}"; do
    (cd "$called_from" && "$OLDPWD/baselines/build_baseline" \
        $([ $install = install ] || echo --no-install) "$baseline")
done
