#!/usr/bin/env bash
# The Z3 solver on arithmetic of bit vectors, arrays, and equations with uninterpreted functions.
#
# Clauses, terms and proofs come and go as the search goes forward and back; vectors and hash tables
# grow by doubling. Every request is small or a power of two.
#
# The shipped trace: z3 4.8.12 of Debian 12.
. "$(dirname "$0")/common.sh"
need z3 z3

{
    echo '(set-option :smt.random_seed 1)'
    echo '(declare-fun f (Int Int) Int)'
    for round in $(seq 1 $((8 * times))); do
        bits=$((10 + round % 3))
        echo '(push)'
        for name in a b c; do
            echo "(declare-const $name (_ BitVec $bits))"
        done
        echo "(assert (not (= (bvmul a (bvadd b c)) (bvadd (bvmul a b) (bvmul a c)))))"
        one=$(printf "#b%0${bits}d" 1)
        six=$(printf "#b%0${bits}d" 110)
        echo "(assert (bvult (bvudiv a (bvor b $one)) $six))"
        echo '(check-sat)(pop)(push)'
        for i in $(seq 0 24); do
            echo "(declare-const x$i Int)(assert (and (<= 0 x$i) (<= x$i 9)))"
        done
        for i in $(seq 0 23); do
            echo "(assert (not (= (+ x$i (* 2 x$((i + 1)))) $((5 + (i * 7 + round) % 6)))))"
            echo "(assert (distinct (f x$i x$((i + 1))) (f x$((i + 1)) x$i)))"
        done
        echo "(assert (= (+ $(seq -f 'x%g' -s ' ' 0 24)) $((90 + round))))"
        echo '(check-sat)(pop)'
    done
} >problem.smt2
record --max-events=1500000 -- z3 problem.smt2 >/dev/null
