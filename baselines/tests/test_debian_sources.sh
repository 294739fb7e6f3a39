#!/usr/bin/env bash
# Real projects through the recipes: Debian's source packages of mimalloc and jemalloc stand for a
# user's own. By ./check --full, since it needs the network and takes minutes; it reads the
# machine's sources of packages and changes none of its lists.
. "$(dirname "$0")/../../workloads/tests/lib.sh"

# Sources of its own: the main archive, with deb-src. 1: no network.
fetch() {
    mkdir -p lists/partial cache/archives/partial
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
        "http://deb.debian.org/debian bookworm main" >sources.list
    local options=(-o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update -q -o APT::Update::Error-Mode=any >log 2>&1 &&
        apt-get "${options[@]}" source -q --download-only "$1" >>log 2>&1
}

# builds PACKAGE RECIPE VERSION
builds() {
    local need
    fetch "$1" || { echo "skipped: no network for apt-get source $1" && return; }
    for need in $(sed -n 's/^needs *//p' "$ROOT/baselines/recipes/$2.recipe"); do
        dpkg -s "$need" >dpkg.log 2>&1 || { echo "skipped: $need is not installed" && return; }
    done
    mkdir -p repo/bin repo/baselines
    cp -r "$ROOT"/baselines/{recipes,systems,build_baseline} repo/baselines/
    ln -s "$bin/mid33" repo/bin/
    ln -s "$ROOT/.ci" repo/
    repo/baselines/build_baseline --no-install "$2=$(echo "$1"_*.orig.tar.*)"
    grep -qE "^version	$3" "repo/baselines/build/$2/built"
}

test_mimalloc() { builds mimalloc mimalloc2 '2\.'; }
test_jemalloc() { builds jemalloc jemalloc5 '5\.'; }

run_tests
