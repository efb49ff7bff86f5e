#!/usr/bin/python3
"""Where the instructions go: runs a kernel one instruction per translation block and counts by function.

usage: profile.py ELF IMAGE [--from SYMBOL] [--to SYMBOL] [--top N] [--children] [run.py's words: smp= mem= initrd= ...]

Counts from the first time --from is reached (default: the kernel's first instruction) until --to is (default: the
end). Instructions outside the kernel are counted as (firmware) or (user). The total is exact; it is what -icount sees.
"""
import argparse
import bisect
import os
import re
import subprocess
import sys
import tempfile

from trine.machine import qemu_command


def functions(elf):
    text = subprocess.run(["riscv64-linux-gnu-nm", "-n", elf], check=True, capture_output=True, text=True).stdout
    table = [(int(a, 16), n) for a, k, n in (l.split() for l in text.splitlines() if len(l.split()) == 3) if k in "tTwW"]
    return [a for a, _ in table], [n for _, n in table]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("elf")
    parser.add_argument("image")
    parser.add_argument("--from", dest="start")
    parser.add_argument("--to", dest="stop")
    parser.add_argument("--top", type=int, default=40)
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    starts, names = functions(args.elf)
    address = dict(zip(names, starts))
    text_end = address.get("image_text_end", starts[-1])
    how = {k: v for k, _, v in (w.partition("=") for w in args.words)}
    load = 0x80200000
    first = load if not args.start else address[args.start]
    stop = address[args.stop] if args.stop else None

    with tempfile.TemporaryDirectory() as folder:
        fifo = folder + "/log"
        os.mkfifo(fifo)
        command = qemu_command(args.image, icount=True, **how) + ["-singlestep", "-d", "exec,nochain", "-D", fifo]
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        counts, on, total = {}, False, 0
        pc_of = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")
        with open(fifo) as log:
            for line in log:
                m = pc_of.search(line)
                if not m:
                    continue
                pc = int(m.group(1), 16)
                if not on:
                    on = pc == first
                    if not on:
                        continue
                if pc == stop:
                    break
                total += 1
                if pc >= starts[0] and pc <= text_end + 0x1000000 and pc >> 63:
                    i = bisect.bisect_right(starts, pc) - 1
                    name = names[i]
                elif pc >> 63:
                    name = "(kernel, elsewhere)"
                elif load <= pc < load + 0x400000:
                    name = "(kernel, before paging)"
                elif 0x80000000 <= pc < load:
                    name = "(firmware)"
                else:
                    name = "(user)"
                counts[name] = counts.get(name, 0) + 1
        qemu.kill()
        qemu.wait()
    for name, n in sorted(counts.items(), key=lambda c: -c[1])[:args.top]:
        print(f"{n:>12} {100 * n / total:5.1f} %  {name}")
    print(f"{total:>12}          total")


main()
