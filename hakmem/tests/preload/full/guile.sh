#!/usr/bin/env bash
# Guile: a compiler and JIT of its own, Boehm's collector, which scans stacks and static data for
# pointers, beside malloc; continuations, threads, big numbers.
# Debian packages: guile-3.0
. "$(dirname "$0")/../../support/preload.sh"
need guile
cat >heavy.scm <<'SCM'
(use-modules (ice-9 threads) (rnrs bytevectors))
(define (fact n) (if (= n 0) 1 (* n (fact (- n 1)))))
(display (string-length (number->string (fact 4000)))) (newline)
(define (work n)
  (let loop ((i 0) (kept '()) (sum 0))
    (if (= i 2000) sum
        (let ((v (make-bytevector (+ 1 (modulo (* i n 7919) 40000)) (modulo i 256))))
          (loop (+ i 1) (if (= 0 (modulo i 50)) (list v) (cons v kept))
                (+ sum (bytevector-length v) (bytevector-u8-ref v 0)))))))
(display (par-map work '(1 2 3 4 5 6 7 8))) (newline)
(define (generator k)
  (call/cc (lambda (return) (for-each (lambda (x) (if (> x k) (return x))) (iota 1000)) #f)))
(display (apply + (map generator (iota 900)))) (newline)
(define (write-all p) (for-each (lambda (i) (write i p)) (iota 100000)))
(display (string-length (call-with-output-string write-all))) (newline)
SCM
export GUILE_AUTO_COMPILE=0
same_output guile heavy.scm
