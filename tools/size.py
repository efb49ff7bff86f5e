#!/usr/bin/python3
"""Bytes that each component puts into an image, from the linker's map.

usage: size.py CROSS- OUTDIR
"""
import os
import re
import signal
import subprocess
import sys

from trine.errors import plain

CLASS = {".text": "text", ".rodata": "rodata", ".data": "data", ".bss": "bss"}


def components(path):
    """The component of each object."""
    with open(path) as f:
        return {os.path.normpath(line.split(":")[0].split()[1]): line.split()[0] for line in f if ":" in line}


def contributions(map_path, component_of):
    """Yields (component, output section, bytes) for each input section that the linker kept. Equal strings are merged, and
    what is listed then has the length that it had, at the place where the next one begins, too: the sections of strings
    share the room that they have together."""
    with open(map_path) as f:
        text = f.read()
    text = text[text.index("Linker script and memory map"):]
    item = re.compile(r"^ (\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+\.o)$(?:\n +0x([0-9a-f]+) \(size before relaxing\)$)?", re.M)
    for part in re.split(r"\n(?=\S)", text):
        items = [(name, int(start, 16), int(size, 16), os.path.normpath(path), before)
                 for name, start, size, path, before in item.findall(part)]
        strings, room = {}, 0
        for i, (name, start, size, path, before) in enumerate(items):
            component = component_of.get(path, "(symbol table)")
            if re.search(r"\.str\d+\.\d+$", name):
                room += min(size, items[i + 1][1] - start) if i + 1 < len(items) else size
                strings[component] = strings.get(component, 0) + (int(before, 16) if before else size)
            else:
                yield component, part.split(maxsplit=1)[0], size
        for component, size in strings.items():
            yield component, part.split(maxsplit=1)[0], size * room / sum(strings.values())


def main():
    plain()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # make size | head
    cross, out = sys.argv[1], sys.argv[2]
    headers = subprocess.run([cross + "readelf", "-SW", out + "/trine.elf"], check=True, capture_output=True, text=True).stdout
    loaded, empty = set(), set()
    for m in re.finditer(r"\]\s+(\.?\w\S*)\s+(\w+)\s+\w+\s+\w+\s+\w+\s+\w+\s+(\w*)", headers):
        if "A" in m.group(3):
            (empty if m.group(2) == "NOBITS" else loaded).add(m.group(1))
    table = {}
    for name, section, size in contributions(out + "/trine.map", components(out + "/components.txt")):
        row = table.setdefault(name, [0, 0])
        if section in loaded:
            row[0] += size
        elif section in empty:
            row[1] += size
    print(f"{'component':<32}{'image':>10}{'zeroed':>10}")
    for name, (image, zeroed) in sorted(table.items(), key=lambda r: -r[1][0]):
        print(f"{name:<32}{image:>10.0f}{zeroed:>10.0f}")
    print(f"{'total':<32}{sum(r[0] for r in table.values()):>10.0f}{sum(r[1] for r in table.values()):>10.0f}")
    flat = out + "/trine.image"
    if os.path.exists(flat):
        print(f"{'flat image':<32}{os.path.getsize(flat):>10}")


main()
