#!/usr/bin/env bash
# The Debian packages: they are built, lintian has nothing to say, and they are installed, used from
# C, CMake, Rust and the command line, and removed without a trace. Where they are installed is a
# chroot that shows this machine, but keeps what is written there in memory, and so leaves the
# machine as it is. Ends with "N passed, N failed".
# Likewise the image for containers, whose root file system is unpacked and entered.
# Debian packages: gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross
# Debian packages: qemu-user-static
# Debian packages: debhelper lintian help2man cmake cargo man-db bash-completion cpio mmdebstrap
set -uo pipefail
here=$(cd "$(dirname "$0")/../../.." && pwd)
. "$here/.ci/packages.sh"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
names=(libhakmem0 libhakmem-dev hakmem-tools)

fail() {
    echo "failed: $*" >&2
    exit 1
}

# ---- in the chroot, with the packages in the current folder ----

# Every file of the system but for what belongs to nobody's package.
all_files() {
    find /usr /etc /opt /var -xdev -not -path '/var/cache/*' -not -path '/var/log/*' \
        -not -path '/var/lib/dpkg/*' -not -path '/var/lib/systemd/*' | sort
}

installed() {
    all_files >before
    dpkg -i ./*.deb >dpkg.log 2>&1 || fail "$(tail -n 5 dpkg.log)"
    dpkg -V "${names[@]}" >changed
    [ ! -s changed ] || fail "$(cat changed)"
}

expect_served() {
    grep -q '"active": false' "$1" && grep -q '"mapped_bytes": [1-9]' "$1" ||
        fail "not served: $(cat "$1")"
}

preloaded_by_name() {
    HAKMEM_STATS=$PWD/stats.json LD_PRELOAD=libhakmem.so.0 perl -e '$x = "x" x 33000'
    expect_served stats.json
    grep -q "/usr/lib/$multiarch/libhakmem.so.0" \
        <(LD_PRELOAD=libhakmem.so.0 cat /proc/self/maps) || fail "another library"
}

commands_work() {
    hakmem run --stats="$PWD/run.json" --harden=2 perl -e 1
    expect_served run.json
    grep -q '"HAKMEM_HARDEN": 2' run.json || fail "$(cat run.json)"
    hakrec run -q -o t.hakt.zst -- sort before >/dev/null
    haktrace stats t.hakt.zst | grep . >/dev/null
    haktrace verify t.hakt.zst
    hakmem run --stats="$PWD/replay.json" hakreplay t.hakt.zst --verify
    expect_served replay.json
}

write_program() {
    cat >program.c <<'C'
#include <hakmem.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    hak_memory_t before, after;
    hak_memory_read(&before);
    void *block = malloc(3000000);
    hak_memory_read(&after);
    puts(block && after.live_bytes >= before.live_bytes + 3000000 ? hak_version() : "libc");
    free(block);
    return 0;
}
C
}

expect_version() {
    local said
    said=$("$@") || fail "$*"
    [ "$said" = "$version" ] || fail "$* says $said"
}

linked_by_pkg_config() {
    write_program
    [ "$(pkg-config --cflags hakmem)" = "" ] || fail "$(pkg-config --cflags hakmem)"
    # shellcheck disable=SC2046  # several flags
    gcc program.c -o shared $(pkg-config --cflags --libs hakmem)
    expect_version ./shared
    ldd shared | grep "libhakmem.so.0 => .*/$multiarch/" >/dev/null || fail "$(ldd shared)"
    # shellcheck disable=SC2046
    gcc -static program.c -o static $(pkg-config --static --cflags --libs hakmem)
    expect_version ./static
    gcc program.c -o partly "$(pkg-config --variable=libdir hakmem)/libhakmem.a" -pthread
    expect_version ./partly
    [ "$(ldd partly | grep -c hakmem)" = 0 ] || fail "$(ldd partly)"
}

linked_by_cmake() {
    mkdir cmake && write_program && cp program.c cmake/
    cat >cmake/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.18)
project(user C)
find_package(hakmem REQUIRED)
foreach(kind hakmem static)
    add_executable(with_${kind} program.c)
    target_link_libraries(with_${kind} hakmem::${kind})
endforeach()
CMAKE
    # also where the package is found by way of the link /lib
    for prefix in '' /; do
        rm -rf made
        cmake -S cmake -B made ${prefix:+-DCMAKE_PREFIX_PATH=$prefix} >cmake.log 2>&1 &&
            make -C made >>cmake.log 2>&1 || fail "$(tail -n 12 cmake.log)"
        expect_version made/with_hakmem
        expect_version made/with_static
    done
}

linked_by_cargo() {
    export CARGO_TARGET_DIR=$PWD/target CARGO_HOME=$PWD/cargo
    local features
    for features in "" shared; do
        (cd sources/bindings/rust && cargo test --offline --workspace --features "$features") \
            >cargo.log 2>&1 || fail "features '$features': $(tail -n 20 cargo.log)"
        [ "$(grep -c '^test .* ok$' cargo.log)" -ge 7 ] || fail "$(cat cargo.log)"
    done
    # the default has the library in it
    find target -path '*deps/global-*' -perm /1 -type f | while read -r program; do
        ldd "$program" | grep libhakmem >/dev/null && echo shared || echo static
    done | sort | tr '\n' ' ' >kinds
    [ "$(cat kinds)" = "shared static " ] || fail "linked: $(cat kinds)"
}

pages_and_completion() {
    local page
    dpkg -L "${names[@]}" | grep '/man/man' | grep '\.gz$' >pages
    [ "$(wc -l <pages)" -ge 6 ] || fail "$(cat pages)"
    while read -r page; do
        man --warnings=w -E UTF-8 -l -Tutf8 -Z "$page" >page.out 2>warnings
        [ -s page.out ] && [ ! -s warnings ] || fail "$page: $(cat warnings)"
        page=${page##*/}
        man -w "$(cut -d. -f2 <<<"$page")" "${page%%.*}" >page.out || fail "man does not find $page"
    done <pages
    bash -c '. /usr/share/bash-completion/bash_completion
        for name in hakmem hakrec haktrace hakreplay; do
            _completion_loader $name; complete -p $name
        done' >completions 2>&1
    [ "$(grep -c 'complete -F _hakmem hak' completions)" -eq 4 ] || fail "$(cat completions)"
}

removed() {
    dpkg -P "${names[@]}" >dpkg.log 2>&1 || fail "$(tail -n 5 dpkg.log)"
    all_files | diff before - >left || fail "left or lost: $(cat left)"
    LD_PRELOAD=libhakmem.so.0 /bin/true 2>&1 | grep 'cannot be preloaded' || fail "preloaded"
}

inside() {
    local test status=0
    version=$(dpkg-deb -f libhakmem0_*.deb Version)
    export HOME=$PWD
    for test in installed preloaded_by_name commands_work linked_by_pkg_config linked_by_cmake \
        linked_by_cargo pages_and_completion removed; do
        # not as a condition: bash would ignore `set -e` inside
        (set -e && $test) >log 2>&1
        status=$?
        if [ $status -eq 0 ]; then
            echo "ok    $test"
        else
            echo "FAIL  $test"
            sed 's/^/      /' log
        fi
    done
}

# ---- outside ----

if [ "${1:-}" = --inside ]; then
    cd "$here/.." && inside
    exit
fi
if [ "${1:-}" = --chroot ]; then
    # in a mount namespace of its own: all of this is gone when the last process ends
    set -e
    room=$2
    mount -t tmpfs -o size=4g tmpfs "$room"
    mkdir "$room/changes" "$room/work" "$room/root"
    mount -t overlay -o "lowerdir=/,upperdir=$room/changes,workdir=$room/work" overlay "$room/root"
    mount --rbind /dev "$room/root/dev"
    mount -t proc proc "$room/root/proc"
    cp -r "$3" "$room/root/hakmem"
    exec chroot "$room/root" bash /hakmem/sources/packaging/tests/full/package.sh --inside
fi

if [ "${1:-}" = --image ]; then
    set -e
    mount -t tmpfs -o size=2g tmpfs "$2"
    tar -x -f "$3" -C "$2" --exclude='./dev/*'
    mount --rbind /dev "$2/dev"
    mount -t proc proc "$2/proc"
    exec chroot "$2" bash -euxc '
        cd /tmp
        hakmem run --stats=/tmp/run.json -- perl -e 1
        grep -q "\"mapped_bytes\": [1-9]" run.json
        LD_PRELOAD=libhakmem.so.0 HAKMEM_STATS=/tmp/name.json perl -e 1
        grep -q "\"mapped_bytes\": [1-9]" name.json
        hakrec run -q -o t.hakt.zst -- sort run.json
        hakreplay t.hakt.zst --verify
        haktrace info t.hakt.zst
        [ ! -e /usr/include/hakmem.h ]
        [ ! -e /image ]'
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-package.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/out" "$scratch/in" "$scratch/room"
result() {
    if [ "$2" -eq 0 ]; then
        echo "ok    $1"
    else
        echo "FAIL  $1"
        tail -n 30 "$scratch/log" | sed 's/^/      /'
    fi
}
# The library for another machine, from a copy of the sources, and a program of that machine on it.
cross() (
    set -eux
    mkdir -p "$scratch/cross/hakmem" "$scratch/cross/root"
    cd "$here"
    git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar -c --null -T - | tar -x -C "$scratch/cross/hakmem"
    cd "$scratch/cross/hakmem"
    # without a look for the libc of that machine as a package of this one
    dpkg-buildpackage -us -uc -d -B -aarm64
    cd "$scratch/cross"
    lintian --fail-on error,warning ./*.changes
    dpkg-deb -x libhakmem0_*_arm64.deb root
    echo '#include <stdlib.h>' >program.c
    echo 'int main(void) { void *volatile block = malloc(33000); return block == NULL; }' \
        >>program.c
    aarch64-linux-gnu-gcc program.c -o program
    HAKMEM_STATS=$PWD/stats.json LD_PRELOAD=$(echo "$PWD"/root/usr/lib/*/libhakmem.so.0) \
        qemu-aarch64-static -R 0x1000000000 -L /usr/aarch64-linux-gnu ./program
    grep '"mapped_bytes": [1-9]' stats.json
)

{
    "$here/packaging/build_packages" "$scratch/out" >"$scratch/log" 2>&1
    result build $?
    lintian --fail-on error,warning "$scratch"/out/*.changes >"$scratch/log" 2>&1
    result lintian $?
    for name in "${names[@]}"; do
        cp "$scratch/out/${name}"_*.deb "$scratch/in/"
    done
    # without the folders of the build, from which nothing shall be taken
    mkdir -p "$scratch/in/sources"
    (cd "$here" && git ls-files -co --exclude-standard .ci packaging bindings hakmem/include |
        cpio -pd --quiet "$scratch/in/sources")
    as_root unshare --mount bash "$here/packaging/tests/full/package.sh" --chroot \
        "$scratch/room" "$scratch/in"
    cross >"$scratch/log" 2>&1
    result cross $?
    "$here/packaging/make_image" "$scratch/image.tar" "$scratch/out" >"$scratch/log" 2>&1 &&
        as_root unshare --mount bash "$here/packaging/tests/full/package.sh" --image \
            "$scratch/room" "$scratch/image.tar" >"$scratch/log" 2>&1
    result image $?
} | tee "$scratch/said"
passed=$(grep -c '^ok ' "$scratch/said")
failed=$(grep -c '^FAIL ' "$scratch/said")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq 12 ]
