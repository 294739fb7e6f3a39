# shellcheck shell=bash
# ninja.sh - configure.py, which writes a build.ninja.
build() {
    say_flags python3 configure.py "$@"
    cd "$source" && python3 configure.py "$@" && ninja -j "$jobs"
}
