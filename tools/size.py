#!/usr/bin/python3
"""Bytes that each component puts into an image, from the linker's map.

usage: size.py CROSS- OUTDIR
"""
import os
import re
import signal
import subprocess
import sys

CLASS = {".text": "text", ".rodata": "rodata", ".data": "data", ".bss": "bss"}


def contributions(map_path, out):
    """Yields (component, output section, bytes) for each input section that the linker kept. Strings that were merged
    into others' are listed in full: what lies before the end of the section above is not counted again."""
    section, end = None, 0
    with open(map_path) as f:
        text = f.read()
    text = text[text.index("Linker script and memory map"):]
    for line in text.splitlines():
        if line and not line[0].isspace():
            section, end = line.split()[0], 0
            continue
        m = re.match(r"\s+(\S+)?\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+\.o)$", line)
        if not m:
            continue
        start, size, path = int(m.group(2), 16), int(m.group(3), 16), os.path.normpath(m.group(4))
        start, end = max(start, end), max(start + size, end)
        prefix = os.path.normpath(out + "/c") + "/"
        name = path[len(prefix):-2] if path.startswith(prefix) else "(symbol table)"
        if section and end > start:
            yield name, section, end - start


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # make size | head
    cross, out = sys.argv[1], sys.argv[2]
    headers = subprocess.run([cross + "readelf", "-SW", out + "/trine.elf"], check=True, capture_output=True, text=True).stdout
    loaded, empty = set(), set()
    for m in re.finditer(r"\]\s+(\.?\w\S*)\s+(\w+)\s+\w+\s+\w+\s+\w+\s+\w+\s+(\w*)", headers):
        if "A" in m.group(3):
            (empty if m.group(2) == "NOBITS" else loaded).add(m.group(1))
    table = {}
    for name, section, size in contributions(out + "/trine.map", out):
        row = table.setdefault(name, [0, 0])
        if section in loaded:
            row[0] += size
        elif section in empty:
            row[1] += size
    print(f"{'component':<32}{'image':>10}{'zeroed':>10}")
    for name, (image, zeroed) in sorted(table.items(), key=lambda r: -r[1][0]):
        print(f"{name:<32}{image:>10}{zeroed:>10}")
    print(f"{'total':<32}{sum(r[0] for r in table.values()):>10}{sum(r[1] for r in table.values()):>10}")
    flat = out + "/trine.image"
    if os.path.exists(flat):
        print(f"{'flat image':<32}{os.path.getsize(flat):>10}")


main()
