#!/usr/bin/env bash
# The Z3 solver: multiplication of bit vectors, and sums with uninterpreted functions. An operation
# is a question answered.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need z3 z3

prepare() {
    local round i
    {
        echo '(set-option :smt.random_seed 1)'
        echo '(declare-fun f (Int Int) Int)'
        for round in $(seq "$(share 80)"); do
            echo '(push)'
            for i in a b c; do
                echo "(declare-const $i (_ BitVec 10))"
            done
            echo '(assert (not (= (bvmul a (bvadd b c)) (bvadd (bvmul a b) (bvmul a c)))))'
            echo "(assert (bvult (bvxor a #b$(printf %010d 1)) #b0000110111))"
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
}
tool() { serve z3 problem.smt2; }
figures() {
    echo "ops $(grep -cE '^(sat|unsat)$' tool.out)"
    echo "check $(cksum <tool.out)"
}
stage "$@"
