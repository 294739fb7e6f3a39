# shellcheck shell=bash
# cmake.sh - built out of tree, by Unix makefiles, with the project's Release settings.
# build TARGET OPTION ...: see baselines/build_baseline
build() {
    local target=$1
    shift
    say_flags cmake -DCMAKE_BUILD_TYPE=Release "$@"
    cmake -S "$source" -B "$work/out" -G 'Unix Makefiles' -DCMAKE_BUILD_TYPE=Release "$@" &&
        make -C "$work/out" -j"$jobs" "$target"
}
