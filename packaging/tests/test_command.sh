#!/usr/bin/env bash
# `hakmem run`: options, exit status, and programs that cannot run on hakmem.
. "$ROOT/workloads/tests/lib.sh"
root=$BUILD/tests/root
make -s -C "$ROOT/packaging" install PREFIX=/usr DESTDIR="$root" || exit 1
PATH=$root/usr/bin:$PATH

expect_status() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    [ $status -eq "$wanted" ] || fail "status $status instead of $wanted: $*"
}

test_the_program_is_served() {
    hakmem run --stats perl -e 1 2>err
    grep -q '"mapped_bytes": [1-9]' err || fail "$(cat err)"
    grep -q '"program": "perl"' err || fail "$(cat err)"
}

test_double_dash_and_the_program_own_options() {
    [ "$(hakmem run -- echo --stats -- x)" = "--stats -- x" ]
    [ "$(hakmem run echo --stats -- x)" = "--stats -- x" ]
    [ "$(hakmem --harden=1 run sh -c 'echo $HAKMEM_HARDEN')" = 1 ]
    [ "$(hakmem run --harden 2 sh -c 'echo $HAKMEM_HARDEN')" = 2 ]
    [ "$(hakmem run sh -c 'echo "${HAKMEM_HARDEN-none}"')" = none ]
}

test_status_and_signals_are_the_program_own() {
    expect_status 7 hakmem run sh -c 'exit 7'
    expect_status 143 hakmem run sh -c 'kill -TERM $$'
    [ "$(sh -c 'echo $$; exec hakmem run sh -c "echo \$\$"' | uniq | wc -l)" = 1 ] ||
        fail "another process"
}

test_bad_command_lines() {
    expect_exit 2 hakmem run --frob true
    expect_text err frob
    expect_exit 2 hakmem walk true
    expect_text err "walk: unknown command"
    expect_exit 2 hakmem run
    expect_text err "which program"
    expect_exit 2 hakmem
    expect_text err "which command"
    for level in 3 -1 x 1x ''; do
        expect_exit 2 hakmem run --harden="$level" true
        expect_text err "--harden=$level: not a level"
    done
}

# The bounds come from the table of options: what the command takes, the library takes.
test_levels_are_the_library_own() {
    local level
    for level in 0 1 2; do
        HAKMEM_STRICT_OPTIONS=1 hakmem run --harden=$level true
    done
    expect_exit 2 env HAKMEM_HARDEN=3 HAKMEM_STRICT_OPTIONS=1 hakmem run true
}

test_no_such_program() {
    expect_exit 127 hakmem run no-such-program
    expect_text err "no-such-program: No such file"
    expect_exit 127 hakmem run ./no-such-program
    touch plain
    expect_exit 126 hakmem run ./plain
    expect_text err "./plain: Permission denied"
}

test_static_programs_are_named() {
    echo 'int main(void) { return 0; }' >p.c
    gcc -static p.c -o static
    expect_exit 126 hakmem run ./static
    expect_text err "./static cannot run on hakmem: it is a static program"
    gcc -static-pie p.c -o static_pie
    expect_exit 126 hakmem run ./static_pie
    expect_text err "it is a static program"
    # a script's interpreter is what counts, also of one that is a script itself
    printf '#! %s/static\n' "$PWD" >script
    printf '#!%s/script x\n' "$PWD" >second
    chmod +x script second
    PATH=$PWD:$PATH expect_exit 126 hakmem run second
    expect_text err "second cannot run on hakmem: it is a static program"
    printf '#!/bin/sh\nexit 5\n' >script
    expect_status 5 hakmem run ./script
}

test_programs_of_other_libraries_and_machines() {
    echo 'int main(void) { return 0; }' >p.c
    gcc p.c -o other -Wl,--dynamic-linker=/lib/ld-other.so.1
    expect_exit 126 hakmem run ./other
    expect_text err "uses another C library"
    gcc p.c -o machine
    printf '\xb7' | dd of=machine bs=1 seek=18 conv=notrunc status=none # EM_AARCH64
    expect_exit 126 hakmem run ./machine
    expect_text err "another kind of machine"
}

# The loader preloads nothing into these, as the first line of each shows.
test_programs_with_more_rights() {
    [ "$(id -u)" -eq 0 ] || return 0
    chmod 755 .
    local mode user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    cp /bin/true with_rights
    for mode in u g; do
        chmod 755 with_rights && chmod $mode+s with_rights
        "${user[@]}" env LD_PRELOAD="$root/usr/lib/libhakmem.so.0" HAKMEM_HELP=1 \
            ./with_rights 2>err
        [ ! -s err ] || fail "the loader preloads: $(cat err)"
        expect_exit 126 "${user[@]}" "$root/usr/bin/hakmem" run ./with_rights
        expect_text err "the loader preloads nothing into it"
        # root has all rights already
        hakmem run --stats ./with_rights 2>err
        expect_text err '"program": "./with_rights"'
    done
    expect_status 0 setpriv --no-new-privs "${user[@]}" "$root/usr/bin/hakmem" run ./with_rights
}

test_what_was_preloaded_stays() {
    local said
    said=$(LD_PRELOAD=libm.so.6 hakmem run sh -c 'echo $LD_PRELOAD')
    [[ $said == *libhakmem.so.0:libm.so.6 ]] || fail "$said"
    said=$(LD_PRELOAD='' hakmem run sh -c 'echo $LD_PRELOAD')
    [[ $said == *libhakmem.so.0 ]] || fail "$said"
}

test_files_are_where_the_command_was_called() {
    mkdir 'a%pb' && cd 'a%pb'
    HAKMEM_WMAX_MID=1.01 hakmem run --stats=stats.%p.json --trace=trace \
        perl -e 'chdir "/"; $x = "x" x 32999; print "$$\n"' >pid
    [ -s "stats.$(cat pid).json" ] || fail "$(ls)"
    grep -q '\[ACE-FAIL\]' trace || fail "$(ls; cat trace)"
    cd ..
    hakmem run --stats="$PWD/whole" true
    [ -s whole ]
    HAKMEM_WMAX_MID=1.01 hakmem run --trace perl -e '$x = "x" x 32999' 2>err
    expect_text err '[ACE-FAIL]'
}

test_without_its_library() {
    cp "$root/usr/bin/hakmem" .
    expect_exit 1 ./hakmem run true
    expect_text err "cannot find the library"
}

run_tests
