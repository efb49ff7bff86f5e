#!/usr/bin/python3
"""Makes docs/syscalls.md from linux/abi/include/abi/table.h: which Linux calls are real, partial or absent.

usage: syscalls.py            prints the page
       syscalls.py --check    status 1 if docs/syscalls.md is not what would be printed
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENTRY = re.compile(r'^(CALL|PART|ABSENT)\((\d+), (\w+)(?:, "([^"]*)")?([\w\s,]*)\)$', re.M)


def page():
    with open(os.path.join(ROOT, "linux/abi/include/abi/table.h")) as f:
        entries = [(kind, int(n), name, what) for kind, n, name, what, _ in ENTRY.findall(f.read())]
    if len({n for _, n, _, _ in entries}) != len(entries):
        sys.exit("error: a number is in the table twice")
    count = {k: sum(e[0] == k for e in entries) for k in ("CALL", "PART", "ABSENT")}
    lines = ["# Linux system calls (riscv64)", "",
             "Made by `tools/syscalls.py` from `linux/abi/include/abi/table.h`, the table that the kernel dispatches by.", "",
             f"{count['CALL']} real, {count['PART']} partial, {count['ABSENT']} absent (ENOSYS, logged once by name).", "",
             "## Real", "", " ".join(f"`{name}`" for kind, _, name, _ in entries if kind == "CALL"), "",
             "## Partial", ""]
    lines += [f"- `{name}`: {what}" for kind, _, name, what in entries if kind == "PART"]
    lines += ["", "## Absent", "", " ".join(f"`{name}`" for kind, _, name, _ in entries if kind == "ABSENT"), ""]
    return "\n".join(lines)


if "--check" in sys.argv:
    with open(os.path.join(ROOT, "docs/syscalls.md")) as f:
        if f.read() != page():
            sys.exit("error: docs/syscalls.md is old: tools/syscalls.py > docs/syscalls.md")
else:
    sys.stdout.write(page())
