# shellcheck shell=bash
# make.sh - a Makefile that is all there is to it.
build() {
    say_flags make "$@"
    make -C "$source" -j"$jobs" "$@"
}
