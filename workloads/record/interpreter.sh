#!/usr/bin/env bash
# Python without its own small-object allocator: parses, transforms and prints some of its library.
#
# A contrast: small objects of mixed lifetimes, hardly anything near 33 KB. PYTHONMALLOC=malloc
# sends every object to malloc, as in builds that are meant for another allocator.
#
# The shipped trace: python3 3.11 of Debian 12.
. "$(dirname "$0")/common.sh"
need /usr/bin/python3 python3

export PYTHONMALLOC=malloc PYTHONHASHSEED=1 PYTHONDONTWRITEBYTECODE=1
record --max-events=1000000 -- /usr/bin/python3 -s -c '
import argparse, ast, json, sys, textwrap
words = {}
for module in (textwrap, json, argparse) * int(sys.argv[1]):
    tree = ast.parse(open(module.__file__).read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            words.setdefault(node.id, []).append((node.lineno, node.col_offset))
    text = ast.unparse(tree)
    compile(text, module.__name__, "exec")
print(json.dumps(words)[:60])
' "$times" >/dev/null
