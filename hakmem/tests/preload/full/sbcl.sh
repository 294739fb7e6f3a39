#!/usr/bin/env bash
# Steel Bank Common Lisp: compiles to machine code in memory, moves objects, protects pages and
# takes SIGSEGV for its collector; threads, saves its own image and starts from it.
# Debian packages: sbcl
. "$(dirname "$0")/../../support/preload.sh"
need sbcl
cat >heavy.lisp <<'LISP'
(defun work (n)
  (let ((sum 0) (kept (make-array 50 :initial-element nil)))
    (dotimes (i 4000 sum)
      (let ((v (make-array (1+ (mod (* i n 7919) 40000)) :element-type '(unsigned-byte 8)
                           :initial-element (mod i 256))))
        (setf (aref kept (mod i 50)) v)
        (incf sum (+ (length v) (aref v 0)))))))
(compile 'work)
(defun main ()
  (print (mapcar #'sb-thread:join-thread
    (loop for n from 1 to 6 collect (let ((n n)) (sb-thread:make-thread (lambda () (work n)))))))
  (let ((raw (loop repeat 500 collect (sb-alien:make-alien (sb-alien:unsigned 8) 33000))))
    (dolist (r raw) (setf (sb-alien:deref r 32999) 7))
    (print (reduce #'+ (mapcar (lambda (r) (sb-alien:deref r 32999)) raw)))
    (mapc #'sb-alien:free-alien raw))
  (print (integer-length (let ((f 1)) (dotimes (i 3000 f) (setf f (* f (1+ i)))))))
  (terpri))
LISP
same_output sbcl --noinform --non-interactive --load heavy.lisp --eval '(main)'
under_hakmem sbcl --noinform --non-interactive --load heavy.lisp \
    --eval '(save-lisp-and-die "image" :executable t
             :toplevel (lambda () (main) (sb-ext:exit)))' >log 2>&1 ||
    fail "$(tail -n 3 log)"
same_output ./image
