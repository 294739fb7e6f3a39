#!/usr/bin/env bash
# The shared library: no undefined symbol of its own, nothing exported but the interface, no
# dependency beyond libc, no executable stack; the static library defines hak_ names and the
# interface only.
. "$(dirname "$0")/../support/preload.sh"
need nm ldd readelf objdump
ldd -r "$lib" >ldd.out 2>&1
if grep -i undefined ldd.out; then
    fail "undefined symbols"
fi
if grep -vE 'linux-vdso|libc\.so\.6|ld-linux' ldd.out; then
    fail "depends on more than libc"
fi

cat >allowed <<'LIST'
malloc
calloc
realloc
reallocarray
free
cfree
aligned_alloc
posix_memalign
memalign
valloc
pvalloc
malloc_usable_size
mallopt
malloc_trim
mallinfo
mallinfo2
malloc_stats
malloc_info
free_sized
free_aligned_sized
LIST
nm -D --defined-only "$lib" | awk '{print $3}' | sed 's/@.*//' >exported
operators='_Z(nw|na|dl|da)[A-Za-z0-9_]+'
grep -vxF -f allowed exported | grep -vxE "hak_[a-z0-9_]+|$operators" >extra || true
[ ! -s extra ] || fail "exports more than the interface: $(tr '\n' ' ' <extra)"
# those that programs of any age may ask for
for name in $(grep -v cfree allowed); do
    grep -qx "$name" exported || fail "$name is not exported"
done
grep -o '^[a-z0-9_ ]*\(void\|int\|size_t\|char\|uint64_t\)[ *]*hak_[a-z0-9_]*(' \
    "$here/../include/hakmem.h" | grep -o 'hak_[a-z0-9_]*' >declared
[ -s declared ] || fail "no declaration found in hakmem.h"
sort -u declared >declared.sorted
grep '^hak_' exported | sort -u >exported.sorted
diff declared.sorted exported.sorted || fail "hakmem.h and the exports differ"
readelf -lW "$lib" | grep GNU_STACK | grep -q 'RW ' || fail "executable stack"

# Not every machine can change two bytes in one step: RISC-V would want a function of libatomic.
# Here the compiler's choice of instruction tells.
if [ "$(uname -m)" = x86_64 ]; then
    objdump -d --no-show-raw-insn "$lib" >code
    ! grep -E '(lock|xchg).*[ ,]%([abcd]x|[sd]i|bp|r[0-9]+w),.*\(' code >two-bytes ||
        fail "two bytes are changed in one step: $(cat two-bytes)"
fi
