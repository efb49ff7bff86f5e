"""The conformance programs, on one hart and on four. They pass on Linux too (TRINE_KERNEL)."""
import glob
import os
import re
import subprocess

import pytest

from conftest import boot_shell, busybox_initrd
from trine.machine import ROOT
from trine.turns import turn

PROGRAMS = sorted(os.path.basename(p)[:-2] for p in glob.glob(ROOT + "/tests/conformance/*.c"))
FLAGS = ["-O1", "-g", "-pthread", "-Wall", "-Werror", "-Wno-unused-function", "-Wno-unused-result", "-Wno-stringop-overread",
         "-Wno-stringop-overflow", "-Wno-return-type", "-Wno-nonnull", "-Wno-infinite-recursion", "-Wno-unused-value"]


def initrd(programs=PROGRAMS, cpio="conformance.cpio"):
    folder, adds = ROOT + "/out/conformance", []
    os.makedirs(folder, exist_ok=True)
    with turn(folder):
        for name in programs:
            source, out = f"{ROOT}/tests/conformance/{name}.c", f"{folder}/{name}"
            newest = max(map(os.path.getmtime, [source, *glob.glob(ROOT + "/tests/conformance/*.h")]))
            if not os.path.exists(out) or os.path.getmtime(out) < newest:
                subprocess.run(["riscv64-linux-gnu-gcc", "-static", *FLAGS, "-o", out + ".part", source], check=True)
                os.rename(out + ".part", out)
            adds += ["--add", f"{out}=/tests/{name}"]
    return busybox_initrd(cpio, *adds)


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("program", PROGRAMS)
def test_conformance(program, smp):
    shell = boot_shell(smp=smp, mem="512M", initrd=initrd())
    with shell.machine:
        output, status = shell.run(f"/tests/{program}", timeout=1200)
        failures = [line for line in output.split("\n") if line.startswith("FAILED")]
        assert not failures and status == 0, output
        assert re.search(r"\.c: [1-9]\d* passed, 0 failed", output), output
        assert shell.run("echo alive")[0].endswith("alive")


@pytest.mark.parametrize("mem", ["32M", "128M"])
def test_hostile_programs_do_no_harm(mem):
    """Bombs and hogs in little memory: they end, and the shell and other programs go on."""
    programs = ("hostile", "fork")  # no more: QEMU puts the initrd of a small machine at its middle, and the tree behind
    shell = boot_shell(mem=mem, initrd=initrd(programs, "hostile.cpio"))
    with shell.machine:
        for program in programs:
            output, status = shell.run(f"/tests/{program}", timeout=1200)
            assert status == 0 and re.search(r"\.c: [1-9]\d* passed, 0 failed", output), output
