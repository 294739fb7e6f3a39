# shellcheck shell=bash
# bazel.sh - a library of C++ that Bazel makes for linking into programs, as a shared one: by a
# package of our own in the copy of the tree.
build() {
    say_flags bazel build -c opt
    cd "$source" && mkdir -p baseline || return
    printf 'cc_binary(\n    name = "libbaseline.so",\n    linkshared = True,\n' >baseline/BUILD
    printf '    deps = ["%s"],\n)\n' "$1" >>baseline/BUILD
    # what it keeps, it keeps in the work folder
    bazel --output_user_root="$work/bazel" build -c opt --jobs="$jobs" //baseline:libbaseline.so &&
        mkdir -p "$work/out" && cp -L bazel-bin/baseline/libbaseline.so "$work/out/" &&
        bazel --output_user_root="$work/bazel" shutdown
}
