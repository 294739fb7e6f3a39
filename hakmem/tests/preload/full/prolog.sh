#!/usr/bin/env bash
# SWI-Prolog: stacks that grow by realloc and move, atoms and clauses collected by a thread of its
# own, a dozen threads with message queues.
# Debian packages: swi-prolog-nox
. "$(dirname "$0")/../../support/preload.sh"
need swipl
cat >heavy.pl <<'PL'
nrev([], []).
nrev([H|T], R) :- nrev(T, S), append(S, [H], R).
work(N, Sum) :- numlist(1, 300, L), nrev(L, R), sum_list(R, S0),
    findall(A, (between(1, 3000, I), atomic_list_concat([a, N, I], A)), As), length(As, C),
    length(Big, 100000), maplist(=(x), Big), Sum is S0 + C + N.
main :- findall(N, between(1, 12, N), Ns),
    concurrent_maplist(work, Ns, Sums), print(Sums), nl,
    forall(between(1, 50000, I), assertz(fact(I, I))),
    aggregate_all(sum(X), fact(_, X), S), print(S), nl,
    retractall(fact(_, _)), garbage_collect_atoms, garbage_collect_clauses,
    X0 is 3 ** 20000 mod 1000007, print(X0), nl,
    length(L, 200000), foldl([E, A, B]>>(E = A, B is A + 1), L, 0, End), print(End), nl,
    string_length_of(40000), halt.
string_length_of(N) :- length(Cs, N), maplist(=(0'x), Cs), string_codes(S, Cs),
    string_length(S, Len), print(Len), nl.
PL
same_output swipl -q -g main heavy.pl
