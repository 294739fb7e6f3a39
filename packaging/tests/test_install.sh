#!/usr/bin/env bash
# `make install` into a folder: what lies there is whole, can be linked and moved elsewhere, and is
# gone after `make uninstall`. Also: one version everywhere.
. "$ROOT/workloads/tests/lib.sh"

cat >"$BUILD/served.c" <<'C'
#include <hakmem.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    hak_memory_t before, after;
    hak_memory_read(&before);
    void *block = malloc(3000000);
    hak_memory_read(&after);
    printf("%s %s\n", hak_version(),
           block && after.live_bytes >= before.live_bytes + 3000000 ? "hakmem" : "libc");
    free(block);
    return 0;
}
C

lib=opt/h/lib/x86_64-linux-gnu
where=(PREFIX=/opt/h LIBDIR=/$lib)
rm -rf "$BUILD/tests/installed here"
mkdir -p "$BUILD/tests"
# as talkative as it can be, which must not get into what is made
if ! MAKELEVEL=1 MAKEFLAGS=w make -C "$ROOT/packaging" install "${where[@]}" \
    DESTDIR="$BUILD/tests/installed here" >"$BUILD/tests/install.log" 2>&1; then
    cat "$BUILD/tests/install.log"
    exit 1
fi

# put FOLDER: what is installed, there
put() {
    cp -a "$BUILD/tests/installed here" "$1"
}

version() {
    make -s -C "$ROOT/hakmem" version
}

expect_served() {
    local said
    said=$("$@")
    [ "$said" = "$(version) hakmem" ] || fail "$*: says '$said'"
}

# links OBJECT: what it asks the loader for
needs() {
    readelf -d "$1" | sed -nE 's/.*\((NEEDED|SONAME)\).*\[(.*)\]/\1 \2/p'
}

test_library_has_links_and_a_soname() {
    cd "$BUILD/tests/installed here/$lib"
    needs libhakmem.so | grep -x "SONAME libhakmem.so.0" || fail "$(needs libhakmem.so)"
    [ "$(readlink libhakmem.so)" = libhakmem.so.0 ] || fail "$(ls -l)"
    [ "$(readlink libhakmem.so.0)" = "libhakmem.so.$(version)" ] || fail "$(ls -l)"
}

test_pkg_config() {
    put root
    export PKG_CONFIG_SYSROOT_DIR=$PWD/root PKG_CONFIG_LIBDIR=$PWD/root/$lib/pkgconfig
    [ "$(pkg-config --modversion hakmem)" = "$(version)" ]
    # shellcheck disable=SC2046  # several flags
    gcc "$BUILD/served.c" -o shared $(pkg-config --cflags --libs hakmem)
    needs shared | grep -x "NEEDED libhakmem.so.0" >/dev/null || fail "$(needs shared)"
    expect_served env LD_LIBRARY_PATH="root/$lib" ./shared
}

# cmake_builds PREFIX: both programs of a project, with the package below PREFIX
cmake_builds() {
    mkdir -p project && cp "$BUILD/served.c" project/
    cat >project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.18)
project(user C)
find_package(hakmem ${WANTED} REQUIRED)
add_executable(shared served.c)
target_link_libraries(shared hakmem::hakmem)
add_executable(static served.c)
target_link_libraries(static hakmem::static)
CMAKE
    rm -rf made
    cmake -S project -B made -DCMAKE_PREFIX_PATH="$1" -DWANTED="${2:-}" >cmake.log 2>&1 &&
        make -C made >>cmake.log 2>&1
}

test_cmake() {
    put root
    mv root/opt/h moved # all paths are from where the package lies
    cmake_builds "$PWD/moved" "$(version)" || fail "$(tail -n 20 cmake.log)"
    expect_served made/shared
    expect_served made/static
    needs made/shared | grep -x "NEEDED libhakmem.so.0" >/dev/null || fail "$(needs made/shared)"
    [ "$(needs made/static | grep -c hakmem)" = 0 ] || fail "$(needs made/static)"
    ! cmake_builds "$PWD/moved" 0.2 || fail "0.2 was asked for, and found"
    ! cmake_builds "$PWD/moved" 1 || fail "1 was asked for, and found"
    cmake_builds "$PWD/moved" 0 || fail "0 was asked for, and not found: $(tail -n 20 cmake.log)"
    rm moved/lib/x86_64-linux-gnu/libhakmem.a
    ! cmake_builds "$PWD/moved" || fail "found without its static library"
    grep -q 'libhakmem.a is not there' cmake.log || fail "$(cat cmake.log)"
}

# In the folder of the sources, as every page says.
test_uninstalled_library_can_be_linked() {
    gcc "$BUILD/served.c" -o shared -I"$ROOT/hakmem/include" -L"$ROOT/hakmem" -lhakmem
    expect_served env LD_LIBRARY_PATH="$ROOT/hakmem" ./shared
}

test_moved_tools_find_their_libraries() {
    put root
    mv root/opt/h moved
    touch lines
    moved/bin/hakmem run --stats=stats.json sort lines
    grep -q '"mapped_bytes": [1-9]' stats.json || fail "$(cat stats.json)"
    moved/bin/hakrec run -q -o t.hakt.zst -- sort lines
    moved/bin/haktrace info t.hakt.zst
    moved/bin/hakmem run -- moved/bin/hakreplay t.hakt.zst --result=sample
    # which the loader cannot read out of LD_PRELOAD
    mv moved "moved here"
    expect_exit 1 "moved here/bin/hakmem" run /bin/true
    expect_text err "has a space or a colon in it"
    expect_exit 1 "moved here/bin/hakrec" run -o u.hakt.zst /bin/true
    expect_text err "has a space or a colon in it"
}

test_uninstall_leaves_nothing() {
    local word=
    put root
    touch "root/$lib/cmake/of_somebody_else"
    [ "$(find root ! -type d | wc -l)" -gt 15 ] || fail "$(find root)"
    make -s -C "$ROOT/packaging" uninstall "${where[@]}" DESTDIR="$PWD/root"
    word=$(find root ! -type d)
    [ "$word" = "root/$lib/cmake/of_somebody_else" ] || fail "left: $word"
    ! find root -type d -name hakmem | grep . || fail "left folders"
}

test_one_version() {
    local header=$ROOT/hakmem/include/hakmem.h tool part parts=
    for part in MAJOR MINOR PATCH; do
        parts+=.$(sed -n "s/#define HAKMEM_VERSION_$part //p" "$header")
    done
    [ "$parts" = ".$(version)" ] || fail "hakmem.h: $parts"
    grep -q "^## $(version)\b" "$ROOT/CHANGELOG.md" || fail "CHANGELOG.md has no $(version)"
    for tool in "$BUILD/hakmem" "$bin/hakrec" "$bin/haktrace" "$bin/hakreplay"; do
        [ "$("$tool" --version | awk '{print $1, $NF}')" = "${tool##*/} $(version)" ] ||
            fail "$("$tool" --version)"
    done
    head -n 1 "$ROOT/debian/changelog" | grep -F "hakmem ($(version))" >/dev/null ||
        fail "debian/changelog: $(head -n 1 "$ROOT/debian/changelog")"
    for part in "$ROOT"/bindings/rust/*/Cargo.toml; do
        grep -qx "version = \"$(version)\"" "$part" || fail "$part: another version"
    done
}

run_tests
