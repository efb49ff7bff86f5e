"""Exact instruction counts: QEMU with one instruction per translation block, logging every one."""
import os
import re
import signal
import subprocess
import tempfile

from .machine import qemu_command

LOAD = 0x80200000
PC = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")


def one_instruction_words(qemu):
    """The option was renamed in QEMU 8.1."""
    text = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
    version = tuple(int(n) for n in re.search(r"version (\d+)\.(\d+)", text).groups())
    return ["-accel", "tcg,one-insn-per-tb=on"] if version >= (8, 1) else ["-singlestep"]


def executed(image, **how):
    """Yields the address of each instruction that the machine executes (hart 0), from reset on; icount is on."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = folder + "/log"
        os.mkfifo(fifo)
        command = qemu_command(image, icount=True, **how)
        command += one_instruction_words(command[0]) + ["-d", "exec,nochain", "-D", fifo]
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with open(fifo) as log:
                for line in log:
                    m = PC.search(line)
                    if m:
                        yield int(m.group(1), 16)
        finally:
            qemu.send_signal(signal.SIGKILL)
            qemu.wait()


def count(image, stop, start=LOAD, **how):
    """Instructions from the first time `start` is reached until stop(pc) is true; None if it never is."""
    total, on = 0, False
    for pc in executed(image, **how):
        if not on:
            on = pc == start
            if not on:
                continue
        if stop(pc):
            return total
        total += 1
    return None


def symbols(elf):
    """Function addresses by name."""
    text = subprocess.run(["riscv64-linux-gnu-nm", "-n", elf], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in text.splitlines()]
    return {r[2]: int(r[0], 16) for r in rows if len(r) == 3 and r[1] in "tTwW"}
