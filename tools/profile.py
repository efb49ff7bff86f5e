#!/usr/bin/python3
"""Where the instructions go: runs a kernel one instruction per translation block and counts by function.

usage: profile.py ELF IMAGE [--from SYMBOL] [--to SYMBOL] [--top N] [--children] [run.py's words: smp= mem= initrd= ...]

Counts from the first time --from is reached (default: the kernel's first instruction) until --to is (default: the
end). Instructions outside the kernel are counted as (firmware) or (user). The total is exact; it is what -icount sees.
"""
import argparse
import bisect
import sys

from trine.errors import plain
from trine.trace import LOAD, executed, symbols


def main():
    plain()
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("elf")
    parser.add_argument("image")
    parser.add_argument("--from", dest="start")
    parser.add_argument("--to", dest="stop")
    parser.add_argument("--top", type=int, default=40)
    parser.add_argument("words", nargs="*")
    args = parser.parse_intermixed_args()
    address = symbols(args.elf)
    table = sorted((a, n) for n, a in address.items())
    starts = [a for a, _ in table]
    how = {k: v for k, _, v in (w.partition("=") for w in args.words)}
    first = address[args.start] if args.start else LOAD
    stop = address[args.stop] if args.stop else None

    counts, on, total = {}, False, 0
    for pc in executed(args.image, **how):
        if not on:
            on = pc == first
            if not on:
                continue
        if pc == stop:
            break
        total += 1
        if pc >= starts[0]:
            name = table[bisect.bisect_right(starts, pc) - 1][1]
        elif pc >> 63:
            name = "(kernel, elsewhere)"
        elif LOAD <= pc < LOAD + 0x400000:
            name = "(kernel, before paging)"
        elif 0x80000000 <= pc < LOAD:
            name = "(firmware)"
        else:
            name = "(user)"
        counts[name] = counts.get(name, 0) + 1
    if not total:
        sys.exit("error: the first address was never reached")
    for name, n in sorted(counts.items(), key=lambda c: -c[1])[:args.top]:
        print(f"{n:>12} {100 * n / total:5.1f} %  {name}")
    print(f"{total:>12}          total")


main()
