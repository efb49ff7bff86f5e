"""The serial share of locks: of a load's instructions, how many run with one and the same lock held.

A LOCKSTAT=1 kernel counts (/proc/lock_stat), on one hart under -icount, where the figures repeat.
"""
import os
import re
import subprocess

from .machine import ROOT, Machine, build
from .turns import turn

# name, workers, rounds: bench/user/loads.c
LOADS = [("exec", 2, 60), ("faults", 2, 100), ("space", 2, 100), ("open", 2, 3000), ("create", 2, 1500), ("futex", 2, 2000),
         ("pipe", 2, 1500)]

# One hart has one of these, and every hart has its own.
PER_CPU = {"run queue", "timer base"}

RC = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox mount -t proc proc /proc
cd /tmp
"""


def initrd(loads):
    """BusyBox and the loads: each once to warm up, then counted."""
    with turn(ROOT + "/out/bench/loads"):
        return initrd_make(loads, ROOT + "/out/bench")


def initrd_make(loads, out):
    program = out + "/loads"
    subprocess.run(["riscv64-linux-gnu-gcc", "-static", "-O2", "-pthread", "-o", program, ROOT + "/bench/user/loads.c"], check=True)
    with open(out + "/rc-loads", "w") as f:
        f.write(RC)
        for name, workers, rounds in loads:
            load = f"/bin/loads {name} {workers} {rounds}\n"
            f.write(f"{load}/bin/busybox echo 0 > /proc/lock_stat\n{load}/bin/busybox cat /proc/lock_stat\n")
        f.write("/bin/busybox poweroff -f\n")
    path = out + "/loads.cpio"
    subprocess.run([ROOT + "/tools/initrd.py", "--rc", out + "/rc-loads", "--add", program + "=/bin/loads", path], check=True)
    return path


def measure(loads=LOADS):
    """{load: [a dictionary for each class of locks: name, is_single, share (per cent of the load), and the kernel's numbers]}."""
    _, image = build("monolithic", LOCKSTAT="1")
    with Machine(image, icount=True, timeout=600, mem="512M", initrd=initrd(loads), append="console=ttyS0 quiet") as machine:
        text = machine.wait()[0].replace("\r", "")
    parts = re.findall(r"BENCH load\.(\w+) (\d+)\ninstructions \d+\n(.*\n(?:(?:one|many) .*\n)+)", text)
    found = {}
    for name, ns, table in parts:
        titles, *lines = table.strip().split("\n")
        rows = [dict(zip(titles.split(), line.split(None, 8))) for line in lines]
        found[name] = [{"name": row["name"], "is_single": row["locks"] == "one" and row["name"] not in PER_CPU,
                        "share": 100 * int(row["held"]) / int(ns),
                        **{k: int(row[k]) for k in ("taken", "shared", "waits", "waited", "held", "worst", "worst-masked")}}
                       for row in rows]
    assert list(found) == [name for name, _, _ in loads], text[-3000:]
    return found


def figures():
    """For the bench: of each load the share of the lock that is held most, of those of which there is one; and over all the worst
    hold with interrupts masked."""
    found = measure()
    got = {}
    for load, rows in found.items():
        worst = max((r for r in rows if r["is_single"]), key=lambda r: r["share"])
        got[f"locks.share.{load}"] = worst["share"]
    got["locks.worst_masked"] = max(r["worst-masked"] for rows in found.values() for r in rows)
    return got
