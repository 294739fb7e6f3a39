#!/usr/bin/env bash
# Z3: satisfiable and unsatisfiable problems in several theories, models and proofs; in parallel
# too.
# Debian packages: z3
. "$(dirname "$0")/../../support/preload.sh"
need z3
# ten queens, with a model
{
    for i in $(seq 10); do echo "(declare-const q$i Int)(assert (and (<= 1 q$i) (<= q$i 10)))"; done
    for i in $(seq 10); do
        for j in $(seq $((i + 1)) 10); do
            echo "(assert (and (not (= q$i q$j)) (not (= (- q$i q$j) $((j - i))))" \
                "(not (= (- q$j q$i) $((j - i))))))"
        done
    done
    echo "(check-sat)(get-value ($(seq -f 'q%g' -s ' ' 10)))"
} >queens.smt2
# eight pigeons in seven holes
{
    for p in $(seq 8); do
        for h in $(seq 7); do echo "(declare-const p${p}_$h Bool)"; done
        echo "(assert (or $(seq -f "p${p}_%g" -s ' ' 7)))"
    done
    for h in $(seq 7); do
        for a in $(seq 8); do
            for b in $(seq $((a + 1)) 8); do echo "(assert (not (and p${a}_$h p${b}_$h)))"; done
        done
    done
    echo "(check-sat)"
} >pigeons.smt2
cat >mixed.smt2 <<'SMT'
(set-option :produce-proofs true)
(push)
(declare-const x (_ BitVec 32))
(declare-const y (_ BitVec 32))
(assert (= (bvmul x y) #x075bcd15))
(assert (bvugt x #x00000003))
(assert (bvult x #x00010000))
(assert (bvult y #x00010000))
(check-sat)
(pop)
(push)
(declare-fun f (Int) Int)
(declare-const a (Array Int Int))
(assert (forall ((i Int)) (> (f i) i)))
(assert (= (select a 3) (f 7)))
(assert (< (select a 3) 7))
(check-sat)
(get-proof)
(pop)
(push)
(declare-const s String)
(assert (= (str.len s) 20))
(assert (str.in_re s (re.* (re.union (str.to_re "ab") (str.to_re "cde")))))
(check-sat)
(get-model)
(pop)
(push)
(declare-const r Real)
(assert (= (* r r r) (+ r 5.0)))
(check-sat)
(get-model)
(pop)
SMT
same_output z3 queens.smt2
same_output z3 pigeons.smt2
same_output z3 mixed.smt2
same_output z3 parallel.enable=true parallel.threads.max=3 pigeons.smt2
