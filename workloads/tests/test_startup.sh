#!/usr/bin/env bash
# Starting programs: as often as asked, with the allocator of the environment, and their memory as
# it is when they exit; a program that fails fails the driver.
. "$(dirname "$0")/lib.sh"

test_program_is_started_as_often_as_asked() {
    "$bin/startup" --ops=7 --result=r -- /bin/sh -c 'echo started >>count'
    [ "$(wc -l <count)" -eq 8 ] # the first is not timed
    [ "$(number r ops)" -eq 7 ]
    [ "$(number r threads)" -eq 1 ]
    [ "$(number r requested_peak_bytes)" -eq 0 ]
    expect_text r '"program":"/bin/sh"'
}

test_time_is_that_of_the_starts() {
    "$bin/startup" --ops=5 --result=r -- /bin/sleep 0.05
    expect_between 250000000 "$(number r wall_ns)" 60000000000
    "$bin/startup" --ops=5 --result=r -- \
        /bin/sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
    [ "$(number r cpu_user_ns)" -ge 5000000 ]
    [ "$(number r wall_ns)" -ge "$(number r cpu_user_ns)" ]
}

test_catalogued_programs_run_under_every_allocator() {
    for program in true ls python; do
        "$bin/startup" --program=$program --ops=2 --result=first
        expect_text first "\"program\":\"$program\""
        for preload in $(allocators); do
            LD_PRELOAD=$preload "$bin/startup" --program=$program --ops=2 --result=other
            [ "$(checksum other)" = "$(checksum first)" ]
            expect_text other "\"malloc_object\":\"$preload\""
        done
    done
}

test_checksum_is_of_the_output() {
    "$bin/startup" --ops=1 --result=a -- /bin/echo one
    "$bin/startup" --ops=1 --result=b -- /bin/echo two
    "$bin/startup" --ops=2 --result=c -- /bin/echo one
    [ "$(checksum a)" != "$(checksum b)" ]
    [ "$(checksum a)" != "$(checksum c)" ]
}

test_memory_is_that_of_the_program_at_exit() {
    local python=/usr/bin/python3 mib=1048576
    "$bin/startup" --ops=1 --result=r -- $python -c 'pass'
    expect_between 65536 "$(number r rss_anon_peak_bytes)" $((16 * mib))
    expect_between 65536 "$(number r rss_anon_steady_bytes)" "$(number r rss_anon_peak_bytes)"
    # Alive at the exit, and freed before it.
    "$bin/startup" --ops=1 --result=r -- $python -c 'import os; b = b"x" * (64 << 20); os._exit(0)'
    expect_between $((64 * mib)) "$(number r rss_anon_steady_bytes)" $((80 * mib))
    "$bin/startup" --ops=1 --result=r -- $python -c 'b = b"x" * (64 << 20); del b'
    [ "$(number r rss_anon_steady_bytes)" -le $((16 * mib)) ]
    expect_between $((64 * mib)) "$(number r rss_anon_peak_bytes)" $((80 * mib))
}

test_failing_program_fails_the_driver() {
    expect_exit 1 "$bin/startup" --ops=1 -- /bin/sh -c 'exit 3'
    expect_text err "/bin/sh ended with exit status 3"
    expect_exit 1 "$bin/startup" --ops=1 -- /bin/sh -c 'kill -9 $$'
    expect_text err "/bin/sh was killed by signal 9"
    expect_exit 1 "$bin/startup" --ops=1 -- /no/such/program
    expect_text err "cannot start /no/such/program: No such file"
    expect_exit 1 "$bin/startup" --ops=1 -- /etc/passwd
    expect_text err "cannot start /etc/passwd: Permission denied"
    # Only a later start fails.
    expect_exit 1 "$bin/startup" --ops=5 -- /bin/sh -c '[ ! -e third ] || exit 4; [ ! -e second ] ||
        touch third; touch second'
    expect_text err "exit status 4"
}

test_signals_of_the_program_are_its_own() {
    "$bin/startup" --ops=2 --result=r -- /bin/sh -c 'trap "echo caught" USR1; kill -USR1 $$'
    "$bin/startup" --ops=2 --result=same -- /bin/echo caught
    [ "$(checksum r)" = "$(checksum same)" ]
}

test_library_that_is_not_loaded_is_an_error() {
    expect_exit 1 env LD_PRELOAD=/no/such/library.so "$bin/startup" --ops=1
    expect_text err "/no/such/library.so is in LD_PRELOAD, but was not loaded by /bin/true"
    LD_PRELOAD="$helpers/broken_malloc.so:$bin/libhakrec.so" "$bin/startup" --ops=1 --result=r
    # A link to the library, and a program that unsets the variable for the one it becomes.
    ln -s "$helpers/broken_malloc.so" link.so
    LD_PRELOAD=$PWD/link.so "$bin/startup" --ops=1 --result=r
    expect_exit 1 env LD_PRELOAD="$PWD/link.so" "$bin/startup" --ops=1 -- \
        /usr/bin/env -u LD_PRELOAD /bin/true
    expect_text err "link.so is in LD_PRELOAD"
}

test_errors() {
    expect_exit 2 "$bin/startup" --program=false
    expect_text err "--program=false"
    expect_exit 2 "$bin/startup" --ops=0
    expect_text err "--ops=0"
    expect_exit 2 "$bin/startup" /bin/true
    expect_exit 2 "$bin/startup" --
    expect_exit 1 "$bin/startup" --ops=1 --result=/no/such/folder/r
}

run_tests
