# packages.sh - the Debian packages that hakmem needs, and how they are installed. Sourced by
# build.sh and check. Baselines are read from their table, so that a new row is all they need.

packages_to_build() {
    echo gcc g++ make pkg-config libjansson-dev libgsl-dev libzstd-dev zlib1g-dev libbenchmark-dev
}

packages_to_plot() {
    echo gnuplot-nox librsvg2-bin
}

packages_to_count() {
    echo valgrind
}

packages_of_baselines() {
    awk -F '\t' '/^[^#]/ && $5 != "named" && $3 != "-" && $3 != "libc6" {print $3}' \
        baselines/allocators.tsv
}

packages_to_check() {
    # libraries and linters
    echo libcmocka-dev clang-format clang-tidy cppcheck valgrind
    # libFuzzer
    echo clang libclang-rt-dev
    # whose files haktrace converts or reads
    echo heaptrack libgoogle-perftools4
    # installing, manual pages and completion (packaging/tests)
    echo cmake help2man man-db bash-completion zsh
    # the page of a run as a reader has it (lab/tests/page), with nodejs below
    echo chromium fonts-dejavu-core
    # the real programs of hakmem/tests/preload
    echo python3 sqlite3 redis-server redis-tools rocksdb-tools git perl nodejs gdb
}

# The programs that only ./check --full runs: each script names its own.
packages_of_full_check() {
    sed -n 's/^# Debian packages: //p' hakmem/tests/preload/full/*.sh packaging/tests/full/*.sh \
        lab/tests/full/*.sh |
        tr ' ' '\n' | sort -u
}

# packages_needed_by SCRIPT ...: what their lines "need PROGRAM PACKAGE" name
packages_needed_by() {
    sed -nE 's/^need [^ ]+ ([^ ]+)$/\1/p' "$@" | sort -u
}

# the real programs that workloads/programs runs whole
packages_of_programs() {
    packages_needed_by workloads/programs/*.sh
}

# for recording the traces again; nothing installs these unasked
packages_to_record() {
    packages_needed_by workloads/record/*.sh
}

# packages_missing PACKAGE ...: those that are not installed
packages_missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# stop_new_services PACKAGE ...: the services that Debian starts beside these packages are not
# wanted; those that were there before stay.
stop_new_services() {
    local package service
    [ -d /run/systemd/system ] || return 0
    for package in "$@"; do
        case $package in
        redis-server | memcached) service=$package ;;
        nginx-*) service=nginx ;;
        postgresql | postgresql-15) service=postgresql ;;
        openssh-server) service=ssh ;;
        haproxy | rsync | munge | slurmctld | slurmd) service=$package ;;
        *) continue ;;
        esac
        as_root systemctl disable --quiet --now "$service" || true
    done
}

# apt_get LOG WORD ...: apt-get, into the log. While another process holds one of apt's locks, as on
# a fresh machine that is still updating itself, it says so and waits: apt itself can wait for one
# of them only (DPkg::Lock::Timeout), and not for those of its lists and archives.
apt_get() {
    local log=$1 said waited=0 status
    shift
    while :; do
        status=0
        as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get "$@" >"$log" 2>&1 </dev/null ||
            status=$?
        if [ $status -eq 0 ] || ! grep -qE '^E: (Could not get lock|Unable to lock)' "$log"; then
            return $status
        fi
        if [ $waited -eq 0 ]; then
            said=$(sed -n 's/^E: Could not get lock \([^ ]*\)\. It is/\1 is/p' "$log")
            echo "waiting until apt can work: ${said:-its lock is held}" >&2
        fi
        waited=$((waited + 1))
        [ $waited -lt "$apt_lock_tries" ] || return $status
        sleep 1
    done
}
apt_lock_tries=1200

packages_install() {
    local log
    log=$(mktemp)
    echo "installing Debian packages: $*"
    apt_get "$log" update -q || true
    if ! apt_get "$log" install -q -y --no-install-recommends "$@"; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        echo "could not install: $*" >&2
        return 1
    fi
    rm -f "$log"
    stop_new_services "$@"
}

# packages_ensure install|report PACKAGE ...: silent when all are there. 1: some are missing still.
packages_ensure() {
    local mode=$1 missing
    shift
    if ! command -v dpkg-query >/dev/null; then
        echo "not a Debian system; needed, by their Debian names: $*" >&2
        return 0
    fi
    missing=$(packages_missing "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$mode" = report ]; then
        echo "missing Debian packages: $missing" >&2
        return 1
    fi
    # shellcheck disable=SC2086  # a list
    packages_install $missing
}
