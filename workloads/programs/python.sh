#!/usr/bin/env bash
# Python with every object from malloc: JSON documents, dictionaries, text, and classes.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need /usr/bin/python3 python3

prepare() {
    cat >work.py <<'PY'
import json, random, re, sys

class Node:
    def __init__(self, key, children):
        self.key, self.children = key, children

def tree(draw, depth):
    return Node(draw.random(), [tree(draw, depth - 1) for _ in range(4)] if depth else [])

def total(node):
    return node.key + sum(total(child) for child in node.children)

draw, kept, words = random.Random(1), {}, 0
for step in range(int(sys.argv[1])):
    rows = [{"id": i, "name": "n%d" % draw.randrange(997), "text": "x" * draw.randrange(300)}
            for i in range(400)]
    text = json.dumps(rows)
    kept[step % 30] = json.loads(text)
    words += len(set(re.findall(r"n[0-9]+", text)))
    words += int(total(tree(draw, 5)))
print(words, len(kept))
PY
}
tool() { PYTHONMALLOC=malloc PYTHONHASHSEED=1 serve /usr/bin/python3 -s work.py "$(share 1500)"; }
figures() {
    echo "ops $(share 1500)"
    echo "check $(cat tool.out)"
}
stage "$@"
