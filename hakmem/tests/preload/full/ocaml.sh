#!/usr/bin/env bash
# OCaml: its compilers to bytecode and to machine code, and what they make: a moving collector whose
# heap chunks come from malloc, Bigarrays, exceptions across deep recursion.
# Debian packages: ocaml-nox
. "$(dirname "$0")/../../support/preload.sh"
need ocamlopt ocamlc
cat >heavy.ml <<'ML'
module M = Map.Make (String)
let () =
  let m = ref M.empty in
  for i = 1 to 60000 do m := M.add (string_of_int (i * 7919 mod 50021)) i !m done;
  Printf.printf "%d %d\n" (M.cardinal !m) (M.fold (fun _ v s -> v + s) !m 0);
  let kept = Array.make 300 (Bytes.create 1) in
  for i = 1 to 30000 do kept.(i mod 300) <- Bytes.make (i * 37 mod 90000) 'x' done;
  Printf.printf "%d\n" (Array.fold_left (fun s b -> s + Bytes.length b) 0 kept);
  let big = Array.init 200 (fun i ->
    Bigarray.Array1.create Bigarray.char Bigarray.c_layout (33000 + i)) in
  Array.iteri (fun i a -> Bigarray.Array1.fill a (Char.chr (i land 255))) big;
  Gc.compact ();
  Printf.printf "%d\n" (Array.fold_left (fun s a -> s + Char.code a.{32999}) 0 big);
  let rec depth n = if n = 0 then 0 else 1 + depth (n - 1) in
  Printf.printf "%d\n" (depth 100000);
  let digests = List.init 3000 (fun i -> Digest.to_hex (Digest.string (String.make i 'q'))) in
  print_endline (Digest.to_hex (Digest.string (String.concat "" digests)))
ML
mkdir want got
cp heavy.ml want && cp heavy.ml got
for compiler in ocamlopt ocamlc; do
    (cd want && $compiler -o $compiler.out heavy.ml)
    (cd got && under_hakmem $compiler -o $compiler.out heavy.ml)
    assert_served
    for part in cmi cmo cmx; do
        [ ! -e want/heavy.$part ] || cmp want/heavy.$part got/heavy.$part
    done
done
same_output got/ocamlopt.out
same_output ocamlrun got/ocamlc.out
