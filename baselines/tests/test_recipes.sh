#!/usr/bin/env bash
# The recipe layer, in a scratch copy of the repository's shape, with small projects made up here:
# what is built, what is recorded of it, what the lab makes of it, and what is said when it fails.
. "$(dirname "$0")/../../workloads/tests/lib.sh"

# tree: a repository with the recipes, the systems, the programs and nothing built
tree() {
    mkdir -p repo/bin repo/baselines
    cp -r "$ROOT"/baselines/{allocators.tsv,recipes,systems,build_baseline} repo/baselines/
    cp "$bin/hakmem" repo/bin/
    ln -s "$bin"/{mid33,calls,waste,hakreplay} repo/bin/
    ln -s "$ROOT"/{.ci,hakmem,workloads,plots,lab} repo/
}

# project FOLDER: an allocator with a configure script, which passes all on to libc
project() {
    mkdir -p "$1"
    cat >"$1/fake.c" <<'C'
/* fake allocator */
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
void *malloc(size_t n) { return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { return __libc_memalign(a, n); }
void free(void *p) { __libc_free(p); }
C
    cat >"$1/configure" <<'SH'
#!/bin/sh
echo "$@" >configured
printf 'lib:\n\tcc -shared -fPIC -o libfake.so.1 fake.c\n' >Makefile
SH
    chmod +x "$1/configure"
    echo 7.8.9 >"$1/VERSION"
}

recipe() {
    cat >"repo/baselines/recipes/$1.recipe"
}

fake_recipe() {
    recipe fake <<'R'
name Fake
from https://example.org/fake
proof fake.c fake allocator
system autotools lib
needs make
options --enable-speed
library libfake.so.1
version cat VERSION
setting slow FAKE_DELAY=3 FAKE_MORE=x
R
}

build_it() {
    repo/baselines/build_baseline --no-install "$@"
}

# record KEY WORD: from what was recorded of a build
record() {
    sed -n "s/^$2\t//p" "repo/baselines/build/$1/built"
}

# state_of FOLDER: all that a write to it would change
state_of() {
    (cd "$1" && find . -printf '%p %m %s %T@ %C@\n' | sort)
}

test_tree_is_built_and_left_alone() {
    tree
    fake_recipe
    project sources
    state_of sources >before
    build_it fake=sources
    state_of sources | diff before -
    cmp -s repo/baselines/build/fake/libfake.so.1 sources/libfake.so.1 && fail "built in place"
    [ "$(record fake version)" = 7.8.9 ]
    [ "$(record fake flags)" = "./configure --enable-speed" ]
    [ "$(record fake source)" = "$PWD/sources" ]
    [ "$(record fake tree_sha256 | wc -c)" -eq 65 ]
    [ -z "$(find repo/baselines/build -name '.*')" ]
}

test_commit_is_recorded() {
    tree
    fake_recipe
    project sources
    git -C sources init -q
    git -C sources add .
    git -C sources -c user.name=a -c user.email=a@b commit -qm one
    state_of sources >before
    build_it fake=sources
    state_of sources | diff before -
    [ "$(record fake commit)" = "$(git -C sources rev-parse HEAD)" ]
    [ -z "$(record fake modified)" ]
    echo "/* more */" >>sources/fake.c
    build_it fake=sources
    [ "$(record fake modified)" = yes ]
}

test_tarball_is_unpacked() {
    tree
    fake_recipe
    project fake-7.8.9
    tar -czf fake.tar.gz fake-7.8.9
    (cd repo && ./baselines/build_baseline fake=../fake.tar.gz)
    [ "$(record fake tarball_sha256)" = "$(sha256sum fake.tar.gz | cut -d' ' -f1)" ]
    [ "$(record fake version)" = 7.8.9 ]
}

test_errors_name_the_reason() {
    tree
    fake_recipe
    project sources
    build_it fake=sources
    state_of repo/baselines/build/fake >before
    expect_exit 1 build_it fake=nowhere
    expect_text err "no such file or folder: nowhere"
    expect_exit 1 build_it other=sources
    expect_text err "other: is no recipe. There are: fake"
    expect_exit 1 build_it fake
    expect_text err "needs a source tree or tarball"
    expect_exit 1 build_it mimalloc3=sources
    expect_text err "sources is not mimalloc 3"
    expect_exit 1 build_it glibc-own=sources
    expect_text err "sources is not glibc (own)"
    expect_exit 1 build_it fake=sources/VERSION
    expect_text err "neither a folder nor a tarball"
    echo "syntax error" >>sources/fake.c
    expect_exit 1 build_it fake=sources
    expect_text err "the build failed: $PWD/repo/baselines/build/fake.log"
    expect_text repo/baselines/build/fake.log "syntax"
    echo "/* fake allocator */ int nothing;" >sources/fake.c
    expect_exit 1 build_it fake=sources
    expect_text err "does not serve malloc: that comes from /"
    # what was built before is still there
    state_of repo/baselines/build/fake | diff before -
}

test_what_a_recipe_needs_is_named() {
    tree
    project sources
    recipe strange <<'R'
name Strange
from https://example.org/strange
proof fake.c fake allocator
system make
programs no-such-program=https://example.org/get-it
library x
R
    expect_exit 1 build_it strange=sources
    expect_text err "needs the program no-such-program, which is not in PATH; see https://"
    expect_text err "example.org/get-it"
    sed -i '/^programs/c needs no-such-package' repo/baselines/recipes/strange.recipe
    expect_exit 1 build_it strange=sources
    expect_text err "needs these Debian packages: no-such-package"
}

allocators_of_dry_run() {
    repo/bin/hakmem --dry-run --workload mid33 "$@" | sed -n 's/^Allocators: //p'
}

test_rows_of_the_lab() {
    tree
    allocators_of_dry_run >before
    ! grep -q scudo before
    fake_recipe
    allocators_of_dry_run | diff before -
    repo/bin/hakmem --list >list
    expect_text list "./build.sh --baseline fake=PATH (sources: https://example.org/fake)"
    expect_exit 1 repo/bin/hakmem --dry-run --workload mid33 --allocator fake
    expect_text err "fake: its library is not there: ./build.sh --baseline fake=PATH"
    project sources
    build_it fake=sources
    repo/bin/hakmem --list >list
    grep -qE "^ +fake +7\.8\.9 +$PWD/repo/baselines/build/fake/libfake.so.1$" list
    grep -qE "^ +fake-slow +7\.8\.9 " list
    [ "$(allocators_of_dry_run)" = "$(cat before) fake fake-slow" ]
}

# A C library of one's own: this machine's, in a folder. Through its ld.so run drivers, and not the
# programs that a driver starts.
test_own_ld_so_and_environment() {
    tree
    mkdir -p own/lib
    cp -L /lib64/ld-linux-x86-64.so.2 "$library"/{libc.so.6,libm.so.6} own/lib/
    build_it glibc-own=own
    [ "$(record glibc-own version)" = "$(ldd --version | sed -n '1s/.* //p')" ]
    repo/bin/hakmem --dry-run --workload startup-true --workload mid33 --allocator glibc-own >dry
    expect_text dry "compare/mid33/glibc-own"
    ! grep -q "startup-true/glibc-own" dry
    repo/bin/hakmem peers --workload mid33 --allocator glibc-own-tcache --reps 1 --quiet \
        --out "$PWD/run" >out
    grep '"cell":"compare/mid33/glibc-own-tcache"' run/samples.jsonl >sample
    expect_text sample "\"malloc_object\":\"$PWD/repo/baselines/build/glibc-own/libc.so.6\""
    expect_text sample '"GLIBC_TUNABLES":"glibc.malloc.tcache_max=4194304"'
    expect_text sample '"status":"ok"'
    ! grep -q 'LD_PRELOAD' sample
    grep -A 30 '"key": "glibc-own-tcache"' run/manifest.json >row
    expect_text row '"tree_sha256": '
    expect_text row '"flags": "none: taken as it was"'
    expect_text row '"GLIBC_TUNABLES": "glibc.malloc.tcache_max=4194304"'
    expect_text row '"loader": "'
}

run_tests
