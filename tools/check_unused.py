#!/usr/bin/python3
"""Names the public functions that nobody uses: those of a component's headers that occur nowhere
but where they are declared and defined.

A use in a test is none, but for what tools/unused.txt lists, with the reason why it stays; an entry
there that is not needed is an error as well.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_layers import components, public_headers  # noqa: E402
from trine.machine import ROOT  # noqa: E402

NO_CODE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", re.S)
# What begins a line with a type in front of it is declared or defined there; uses are indented.
INTRODUCED = re.compile(r"(?m)^(?!#|return\b|else\b)(?:\w+(?:\([^()]*\))?[ *]+)+(\w+)(?=\()")
# Lock annotations stand between a function's head and its body.
ANNOTATION = re.compile(r"\b(?:NO_LOCK_CHECK|MAKES_LOCK|EXCLUDES|(?:LOCK_RETURNED|GUARDED_BY|(?:TRY_)?ACQUIRES|RELEASES|REQUIRES)(?:_SHARED)?)"
                        r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
TEST = re.compile(r"/test/|^tests/|_(test|ktest|fuzz|prove)\.c$")
ALLOWED = "tools/unused.txt"


def read_code(path):
    with open(path, errors="replace") as f:
        return ANNOTATION.sub("", NO_CODE.sub(" ", f.read()))


def count_uses(root):
    """{word: uses outside tests} and {word: uses}, each less the declarations and definitions."""
    real, every = {}, {}
    for path in glob.glob(root + "/**/*.[chS]", recursive=True):
        name = os.path.relpath(path, root)
        if name.startswith("out/"):
            continue
        text = INTRODUCED.sub("", read_code(path))
        for word in re.findall(r"[A-Za-z_]\w*", text):
            every[word] = every.get(word, 0) + 1
            if not TEST.search(name):
                real[word] = real.get(word, 0) + 1
    return real, every


def main(root):
    real, every = count_uses(root)
    allowed = {}
    if os.path.exists(f"{root}/{ALLOWED}"):
        with open(f"{root}/{ALLOWED}") as f:
            for line in f:
                names, _, reason = line.partition(":")
                if reason.strip() and line[0] != "#":
                    allowed.update(dict.fromkeys(names.split(), reason))
    bad, unused = [], set()
    for component in sorted(components(root)):
        for _, path in sorted(public_headers(root, component)):
            for name in INTRODUCED.findall(read_code(path)):
                if name in real or name in unused:
                    continue
                unused.add(name)
                if name not in allowed:
                    who = "only tests use" if name in every else "nobody uses"
                    bad.append(f"{os.path.relpath(path, root)}: {who} {name}()")
    bad += [f"{ALLOWED}: {name} is used or gone" for name in allowed if name not in unused]
    for line in bad:
        print("error:", line, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ROOT))
