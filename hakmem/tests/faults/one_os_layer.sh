#!/usr/bin/env bash
# What the injection of faults rests on: one object of the library makes system calls, those that
# faults/system_calls lists are all of them that can refuse something, and the library that is
# shipped has nothing of the injection in it.
. "$(dirname "$0")/../support/preload.sh"
need nm ar
injected=$(tr ' ' '\n' <"$here/faults/system_calls" | sort)
# A futex wait that fails is one that is tried again; close, read and what removes files have
# nothing to give up; and the others cannot fail.
harmless=$(printf '%s\n' _exit abort close getauxval getpid kill read stat syscall unlink unlinkat)
cp "$here/../libhakmem.a" "$here/../build/release-00/objects.a" . && ar x objects.a

# "OBJECT CALL", for each that an object calls of libc and that is a system call, or stands for one
all_calls=$(printf '%s\n' "$injected" "$harmless" brk sbrk mremap mincore mlock prctl futex fcntl \
    openat openat64 open64 mmap64 getrlimit64 prlimit prlimit64 setrlimit pread pwrite writev \
    readv nanosleep sched_yield gettid raise fopen fwrite getenv secure_getenv)
nm -A -u ./*.o | awk -v all="$all_calls" '
    BEGIN {split(all, names, "\n"); for (i in names) is_call[names[i]] = 1}
    $(NF - 1) == "U" && is_call[$NF] {sub(/^\.\//, ""); sub(/:.*/, "", $1); print $1, $NF}' |
    sort -u >calls

made=$(sed -n 's/^os\.o //p' calls)
want=$(printf '%s\n' "$injected" "$harmless" | sort -u)
[ "$made" = "$want" ] || fail "core/os/os.c calls: $(diff <(echo "$want") <(echo "$made"))"
! grep -v '^os\.o ' calls >others || fail "other objects make system calls: $(cat others)"
for library in libhakmem.a "$lib"; do
    if nm "$library" 2>/dev/null | grep -iE '__wrap_|__real_|inject|HAK_FAULT' >found; then
        fail "$library: $(head -3 found)"
    fi
    ! grep -aq HAK_FAULT "$library" || fail "$library knows HAK_FAULT"
done
