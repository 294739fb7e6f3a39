#!/usr/bin/env bash
# faults.c, which says what it did.
. "$(dirname "$0")/../support/preload.sh"
"$programs/faults/faults"
