"""The programs of tests/userland, each checking itself, in the monolithic kernel."""
import os
import re
import subprocess

import pytest

from conftest import monolithic_image
from trine.machine import ROOT, Machine

SOURCES = os.path.join(ROOT, "tests", "userland")
OUT = os.path.join(ROOT, "out", "userland")
CROSS = os.environ.get("CROSS", "riscv64-linux-gnu-")

RC = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t tmpfs tmp /tmp
for program in {programs}; do /$program; done
/bin/busybox poweroff -f
"""


def initrd(*programs):
    """An initrd that runs these programs one after the other as init's script, then powers off."""
    os.makedirs(OUT, exist_ok=True)
    words = []
    for name in programs:
        binary = os.path.join(OUT, f"{name}.{os.getpid()}")
        subprocess.run([CROSS + "gcc", "-std=gnu11", "-static", "-O1", "-w", "-pthread", "-o", binary,
                        os.path.join(SOURCES, name + ".c")], check=True)
        words += ["--add", f"{binary}=/{name}"]
    rc = os.path.join(OUT, f"rc-{'-'.join(programs)}.{os.getpid()}")
    with open(rc, "w") as f:
        f.write(RC.format(programs=" ".join(programs)))
    os.chmod(rc, 0o755)
    out = os.path.join(OUT, f"{'-'.join(programs)}.{os.getpid()}.cpio")
    subprocess.run([os.path.join(ROOT, "tools", "initrd.py"), *words, "--add", f"{rc}=/rc", out], check=True)
    return out


def run(programs, **how):
    with Machine(monolithic_image(), initrd=initrd(*programs), append="rdinit=/rc", timeout=300, **how) as machine:
        text, _ = machine.wait()
    assert "panic" not in text, text[-4000:]
    for name in programs:
        summary = re.search(rf"{name}\.c: (\d+) passed, (\d+) failed", text)
        assert summary and summary.group(2) == "0", text[-6000:]
    return text


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("program", ["fork", "memory", "signals", "threads", "process"])
def test_userland(program, smp):
    run([program], smp=smp)


@pytest.mark.parametrize("mem", ["32M", "128M"])
def test_hostile_programs_do_no_harm(mem):
    run(["hostile", "fork"], mem=mem)
