#!/usr/bin/env bash
# The manual pages: without warnings, and with every option, function and switch that there is.
. "$ROOT/workloads/tests/lib.sh"
pages=("$ROOT/hakmem/build/hakmem.7" "$ROOT/hakmem/build/libhakmem.3" "$BUILD"/*.1)

shown() {
    MANWIDTH=200 man --no-hyphenation --no-justification -l "$1" | sed 's/‐/-/g'
}

test_no_warnings() {
    local page
    [ ${#pages[@]} -ge 6 ] || fail "${pages[*]}"
    for page in "${pages[@]}"; do
        LC_ALL=C.UTF-8 man --warnings=w -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>warnings
        [ ! -s warnings ] || fail "$page: $(cat warnings)"
        [ "$(lexgrog "$page" | grep -c ' - ')" = 1 ] || fail "$(lexgrog "$page")"
    done
}

test_every_option() {
    local name
    shown "$ROOT/hakmem/build/hakmem.7" >text
    HAKMEM_HELP=1 LD_PRELOAD=$ROOT/hakmem/libhakmem.so /bin/true 2>&1 |
        grep -oE '^ +HAKMEM_[A-Z_]+' | tr -d ' ' >names
    [ "$(wc -l <names)" -gt 10 ]
    while read -r name; do
        grep -qx " *$name" text || fail "$name is not in hakmem(7)"
    done <names
}

test_every_function() {
    local name
    shown "$ROOT/hakmem/build/libhakmem.3" >page
    sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' page >synopsis
    sed '1,/^DESCRIPTION/d' page >text
    nm -D --defined-only "$ROOT/hakmem/libhakmem.so" | grep -o '\bhak_[a-z_]*' | sort -u >names
    [ "$(wc -l <names)" -gt 10 ]
    while read -r name; do
        grep -q "\b$name(.*);" synopsis || fail "$name is not declared in libhakmem(3)"
        grep -q "\b$name()" text || fail "$name is not described in libhakmem(3)"
    done <names
}

test_every_switch() {
    local page tool switch
    for page in "$BUILD"/*.1; do
        tool=$(basename "$page" .1)
        [ "$tool" = hakmem ] && tool=$BUILD/hakmem || tool=$bin/$tool
        shown "$page" >text
        for switch in $("$tool" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--.*'); do
            grep -qE -- "^ +(-., )?$switch\b" text || fail "$switch is not in $page"
        done
        grep -q -- --help text
    done
}

run_tests
