# shellcheck shell=bash
# prefix.sh - nothing is built: the C library of a build tree or of an installation is copied, with
# its ld.so and the libraries that must be of one kind with it.
build() {
    local name found
    say_flags none: taken as it was
    mkdir -p "$work/out"
    for name in ld-linux-x86-64.so.2 libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1; do
        found=$(find "$source" -name "$name" -print -quit)
        [ -z "$found" ] || cp -L "$found" "$work/out/$name" || return
    done
    for name in ld-linux-x86-64.so.2 libc.so.6 libm.so.6; do
        [ -e "$work/out/$name" ] || { echo "no $name in it" && return 1; }
    done
}

# says of itself which it is
version() {
    "$work/out/ld-linux-x86-64.so.2" "$work/out/libc.so.6" |
        sed -nE 's/.*(release|development) version ([0-9][0-9.]*[0-9]).*/\2/p'
}

is_project() {
    [ -n "$(find "$source" -name ld-linux-x86-64.so.2 -print -quit)" ]
}
