#!/usr/bin/env bash
# A C++ program with threads: containers, shared ownership across threads, exceptions.
. "$(dirname "$0")/../support/preload.sh"
same_output "$programs/preload/cxx_threads"
