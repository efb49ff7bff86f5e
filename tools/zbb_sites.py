#!/usr/bin/python3
"""Makes the table of what the boot changes in the text when every hart has Zbb, as assembly, from a linked kernel.

usage: zbb_sites.py CROSS- ELF      (/dev/null: an empty table, for the first link)

Section .debug_zbb_sites holds pairs of addresses: an instruction, and where to go instead (<bits/bits.h>). A pair
whose function was not linked is 0. The table has a word for each, read by arch/riscv/paging/zbb.c: the instruction's
distance from image_start in halves, shifted by 10, and the jump's distance in halves. A site whose jump goes back
or 2 KiB and more stays as it is.
"""
import struct
import subprocess
import sys
import tempfile


def sites(cross, elf):
    symbols = subprocess.run([cross + "nm", elf], check=True, capture_output=True, text=True).stdout
    start = next(int(line.split()[0], 16) for line in symbols.splitlines() if line.endswith(" image_start"))
    with open(elf, "rb") as f:
        if b".debug_zbb_sites" not in f.read():
            return []
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run([cross + "objcopy", "--dump-section", ".debug_zbb_sites=" + f.name, elf, "/dev/null"], check=True)
        pairs = struct.iter_unpack("<QQ", f.read())
        return sorted((site - start, target - site) for site, target in pairs if site >= start and 0 < target - site < 2048)


def main():
    cross, elf = sys.argv[1], sys.argv[2]
    print('.section .zbb_sites, "a"\n.balign 4\n.globl zbb_sites_begin\nzbb_sites_begin:')
    for offset, distance in [] if elf == "/dev/null" else sites(cross, elf):
        assert offset < 2 << 20 and offset % 2 == 0 and distance % 2 == 0
        print(f"    .4byte {offset:#x} / 2 << 10 | {distance:#x} / 2")
    print(".globl zbb_sites_end\nzbb_sites_end:")


main()
