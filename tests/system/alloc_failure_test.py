"""Allocations that fail: one in each boot, and one in each fork of a program.

A boot whose n-th allocation fails either comes to its end all the same or says in one line why it cannot.
"""
import os
import re
import subprocess

import pytest

from conftest import Shell, busybox_initrd
from trine.machine import ROOT, Machine, build

# What says, as the last line of a boot, why there is none.
REFUSAL = (r"cannot boot: [^\r\n]+|no program to run as init[^\r\n]*|no memory for the first process[^\r\n]*"
           r"|init (?:exited with|was killed by) [^\r\n]*: powering off")


def boot_with(image, nth, success, refusal=REFUSAL, **how):
    """Boots with failalloc=nth: True if it came up; False if it refused in one line; a text if it went wrong."""
    append = f"{how.pop('append', '')} failalloc={nth}"
    with Machine(image, timeout=20, mem="128M", append=append, **how) as machine:
        try:
            match = machine.expect(f"({success})|({refusal})")
            came_up = match.group(1) is not None
            if came_up and "initrd" in how:
                machine.line("\necho $((6*7))x")
                machine.expect("42x")
                return True if "panic" not in machine.text else machine.text[-2000:]
            text, _ = machine.wait()
        except AssertionError as e:
            return str(e)[-2000:]
        refusals = len(re.findall(refusal, text))
        if "panic" in text or refusals != (0 if came_up else 1):
            return text[-2000:]
        return came_up


def sweep(image, numbers, success, **how):
    outcomes = {n: boot_with(image, n, success, **dict(how)) for n in numbers}
    print({n: o if isinstance(o, bool) else "wrong" for n, o in outcomes.items()})
    wrong = {n: o for n, o in outcomes.items() if not isinstance(o, bool)}
    assert not wrong, "\n".join(f"failalloc={n}:\n{o}" for n, o in wrong.items())
    return outcomes


@pytest.mark.parametrize("smp", [1, 2])
def test_unikernel_boot(smp):
    image = build("unikernel", APP="hello", DEBUG="1")[1]
    outcomes = sweep(image, range(1, 25), "Hello from Trine", smp=smp)
    assert not all(outcomes.values()), "no allocation mattered: was one made to fail?"
    assert outcomes[24], "the boot has fewer allocations than that"


def test_harts_without_memory_stay_off():
    image = build("unikernel", APP="hello", DEBUG="1")[1]
    found = []
    for nth in range(1, 25):
        with Machine(image, timeout=20, mem="128M", smp=2, append=f"failalloc={nth}") as machine:
            found.append("CPU 1 does not start: no memory" in machine.wait()[0] and "Hello from Trine" in machine.text)
    assert any(found)


def test_monolithic_boot():
    image = build("monolithic", DEBUG="1")[1]
    numbers = [*range(1, 30), *range(30, 120, 7), *range(120, 1200, 101), *range(1200, 6000, 701)]
    outcomes = sweep(image, numbers, r"# (?:\x1b\[6n)?$|to activate this console", smp=1, initrd=busybox_initrd())
    assert any(outcomes.values()) and not all(outcomes.values())


def fork_program():
    source, out = ROOT + "/tests/system/fork_failure.c", ROOT + "/out/fork_failure"
    if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
        os.makedirs(os.path.dirname(out), exist_ok=True)
        subprocess.run(["riscv64-linux-gnu-gcc", "-static", "-O1", "-Wall", "-Werror", "-o", out, source], check=True)
    return out


@pytest.mark.parametrize("smp", [1, 2])
def test_fork(smp):
    initrd = busybox_initrd("fork-failure.cpio", "--add", fork_program() + "=/tests/fork_failure")
    image = build("monolithic", DEBUG="1")[1]
    with Machine(image, mem="256M", smp=smp, append="quiet", initrd=initrd) as machine:
        shell = Shell(machine)
        output, status = shell.run("mkdir -p /proc; mount -t proc proc /proc; /tests/fork_failure", timeout=120)
        done = re.search(r"done: (\d+) forks failed, (\d+) rounds, (-?\d+) kB lost", output)
        assert status == 0 and done, output
        failed, rounds, lost = map(int, done.groups())
        assert failed >= 5 * rounds, "fork asks for more than that: " + output
        assert lost < 64, output
        assert shell.run("echo alive | cat")[0].endswith("alive")
        assert "panic" not in machine.text


def test_release_kernels_do_not_have_it():
    elf = build("monolithic")[0]
    names = subprocess.run(["riscv64-linux-gnu-nm", elf], capture_output=True, text=True, check=True).stdout
    assert "kernel_main" in names and "alloc_should_fail" not in names and "fail_nth" not in names
