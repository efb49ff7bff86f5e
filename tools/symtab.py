#!/usr/bin/python3
"""Makes the table of function names for backtraces, as assembly, from a linked kernel.

usage: symtab.py CROSS- ELF      (/dev/null: an empty table, for the first link)

The format is described in <symtab/symtab.h> and read by lib/symtab. The names, with a mark behind each, are
byte-pair encoded (Gage, "A New Algorithm for Data Compression", 1994), which more than halves them.
"""
import collections
import subprocess
import sys


def functions(cross, elf):
    """(offset from image_start, name), ascending, one name an address; the last entry is the end, unnamed."""
    text = subprocess.run([cross + "nm", "-n", elf], check=True, capture_output=True, text=True).stdout
    start = end = None
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) != 3:
            continue
        address, kind, name = int(words[0], 16), words[1], words[2]
        if name == "image_start":
            start = address
        elif name == "image_text_end":
            end = address
        elif kind in "tT" and (name[0].isalpha() or name[0] == "_"):
            # A compiler's suffix (.part.0, .constprop.0) says nothing to the reader of a backtrace.
            found.setdefault(address, name.split(".")[0])
    entries = sorted((a - start, n) for a, n in found.items() if start <= a < end)
    return entries + [(end - start, "")]


def compress(names):
    """Returns (characters, pairs, codes): see <symtab/symtab.h>."""
    text = "".join(name + "\0" for name in names)
    characters = sorted(set(text))
    codes = bytes(characters.index(c) for c in text)
    pairs = []
    while len(characters) + len(pairs) < 256:
        count = collections.Counter(zip(codes, codes[1:]))
        pair, times = max(count.items(), key=lambda item: (item[1], item[0]), default=(None, 0))
        if times < 3:  # its place in the table costs two bytes
            break
        codes = codes.replace(bytes(pair), bytes([len(characters) + len(pairs)]))
        pairs.append(pair)
    return characters, pairs, codes


def varint(value):
    out = []
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return out + [value]


def table(entries):
    characters, pairs, codes = compress([name for _, name in entries])
    out = [len(entries) & 0xFF, len(entries) >> 8]
    previous = 0
    for offset, _ in entries:
        out += varint((offset - previous) // 2)
        previous = offset
    out += [len(characters)] + [ord(c) for c in characters]
    return out + [len(pairs)] + [code for pair in pairs for code in pair] + list(codes)


def main():
    cross, elf = sys.argv[1], sys.argv[2]
    data = [] if elf == "/dev/null" else table(functions(cross, elf))
    print('.section .symtab_blob, "a"\n.globl symtab_begin\nsymtab_begin:')
    for i in range(0, len(data), 16):
        print("    .byte " + ", ".join(str(b) for b in data[i:i + 16]))
    print(".globl symtab_end\nsymtab_end:")


main()
