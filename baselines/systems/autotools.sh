# shellcheck shell=bash
# autotools.sh - configure and make; a tree of git has no configure yet, and makes it itself.
build() {
    local target=$1
    shift
    say_flags ./configure "$@"
    cd "$source" || return
    if [ ! -x configure ]; then
        # some run configure at once, which must not find other options than these
        NOCONFIGURE=1 ./autogen.sh "$@" || return
    fi
    ./configure "$@" && make -j"$jobs" "$target"
}
