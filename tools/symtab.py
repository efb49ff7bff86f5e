#!/usr/bin/python3
"""Makes the table of function names for backtraces, as assembly, from a linked kernel.

usage: symtab.py CROSS- ELF      (/dev/null: an empty table, for the first link)

The format is read by lib/symtab: names are byte-pair encoded (Gage, "A New Algorithm for Data Compression",
1994), which halves them: a byte of 0x80 and above stands for the pair of bytes in the pair table.
"""
import collections
import subprocess
import sys

FIRST_PAIR = 0x80
MAX_PAIRS = 128


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
        elif kind in "tT" and name[0].isalpha() or name[0] == "_":
            # A compiler's suffix (.part.0, .constprop.0) says nothing to the reader of a backtrace.
            found.setdefault(address, name.split(".")[0])
    entries = sorted((a - start, n) for a, n in found.items() if start <= a < end)
    return entries + [(end - start, "")]


def compress(names):
    """Returns (pairs, encoded names)."""
    codes = [list(n.encode("ascii")) for n in names]
    pairs = []
    while len(pairs) < MAX_PAIRS:
        count = collections.Counter()
        for code in codes:
            count.update(zip(code, code[1:]))
        if not count:
            break
        pair, times = max(count.items(), key=lambda item: (item[1], item[0]))
        if times < 4:
            break
        new = FIRST_PAIR + len(pairs)
        pairs.append(pair)
        for code in codes:
            i = 0
            while i + 1 < len(code):
                if (code[i], code[i + 1]) == pair:
                    code[i:i + 2] = [new]
                i += 1
    return pairs, codes


def varint(value):
    out = []
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return out + [value]


def table(entries):
    pairs, codes = compress([n for _, n in entries])
    out = [len(pairs)] + [byte for pair in pairs for byte in pair]
    previous = 0
    for (offset, _), code in zip(entries, codes):
        out += varint((offset - previous) // 2) + [len(code)] + code
        previous = offset
    return out


def main():
    cross, elf = sys.argv[1], sys.argv[2]
    data = [] if elf == "/dev/null" else table(functions(cross, elf))
    print('.section .symtab_blob, "a"\n.globl symtab_begin\nsymtab_begin:')
    for i in range(0, len(data), 16):
        print("    .byte " + ", ".join(str(b) for b in data[i:i + 16]))
    print(".globl symtab_end\nsymtab_end:")


main()
