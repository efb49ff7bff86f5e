#!/usr/bin/python3
"""Refuses a link in which a component uses a symbol that it did not declare a dependency for.

usage: check_symbols.py CROSS- OUTDIR

OUTDIR/components.txt lists "component object: what it may refer to". A component's undefined symbols must be defined by those, named in an upcalls.h of its own or of those, or belong to
the runtime that compiled code assumes.
"""
import glob
import os
import re
import subprocess
import sys

# What the compiler, the linker script and the linker sets bring.
IMPLICIT = {"memcpy", "memset", "memmove", "memcmp", "__stack_chk_fail", "__fini_array_start", "__fini_array_end"}
IMPLICIT_PREFIX = ("__real_", "__start_set_", "__stop_set_", "__kernel_", "image_", "symtab_", "zbb_sites_")


def symbols(cross, objects):
    """Maps each object to its (defined, undefined) global symbols."""
    text = subprocess.run([cross + "nm", "-gA", *objects], check=True, capture_output=True, text=True).stdout
    table = {o: (set(), set()) for o in objects}
    for line in text.splitlines():
        path, rest = line.split(":", 1)
        words = rest.split()
        name, kind = words[-1], words[-2]
        table[path][1 if kind in "Uw" else 0].add(name)
    return table


def words_of(paths):
    found = set()
    for path in paths:
        with open(path) as f:
            found.update(re.findall(r"[A-Za-z_]\w*", f.read()))
    return found


def main():
    cross, out = sys.argv[1], sys.argv[2]
    may_use, path_of = {}, {}
    with open(out + "/components.txt") as f:
        for line in f:
            if ":" in line:
                first, deps = line.split(":", 1)
                name, path = first.split()
                path_of[name] = path
                may_use[name] = deps.split()
    table = symbols(cross, [p for p in path_of.values() if os.path.exists(p)])
    bad = []
    for name, deps in may_use.items():
        if path_of[name] not in table:
            continue
        allowed = set(IMPLICIT)
        for dep in deps:
            allowed |= table.get(path_of.get(dep, ""), (set(), set()))[0]
        missing = {s for s in table[path_of[name]][1] - allowed if not s.startswith(IMPLICIT_PREFIX)}
        if missing:
            for dep in [name, *deps]:
                missing -= words_of(glob.glob(f"{dep}/include/*/upcalls.h"))
        for symbol in sorted(missing):
            owners = [c for c, p in path_of.items() if symbol in table.get(p, (set(), set()))[0]]
            where = f"; it is {', '.join(owners)}'s, which {name}/component.mk does not name" if owners else \
                "; nobody provides it"
            bad.append(f"{name} uses '{symbol}'{where}")
    for line in bad:
        print("error:", line, file=sys.stderr)
    sys.exit(1 if bad else 0)


main()
