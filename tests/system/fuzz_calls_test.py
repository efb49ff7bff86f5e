"""The fuzzer of system calls: some rounds of a fixed seed find nothing, and a defect is found and made small."""
import re
import subprocess
import sys

from conftest import changed_kernel
from trine.machine import ROOT

SEED_OF_DEFECT, ROUND_OF_DEFECT = 1, 20


def fuzz(*words, timeout=500):
    done = subprocess.run([sys.executable, "tools/fuzz_calls.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_minute_finds_nothing():
    status, text = fuzz("--seed", "11", "--minutes", "0.7", "--rounds", "150", "--fail", "12", "--no-shrink")
    assert status == 0 and re.search(r"(?m)^[1-9]\d* rounds of seed 11, 0 findings", text), text


def defective_kernel():
    """The monolithic kernel and one file more."""
    return changed_kernel("monolithic", "fuzz-defect", ["tests/fuzz/defect.c"],
                          ("kernel.mk", "SRCS := ", "SRCS := defect.c "),
                          ("main.c", "static void files_init(", "int defect_init(void);\nstatic void files_init("),
                          ("main.c", "flusher_init() != 0)", "flusher_init() != 0 || defect_init() != 0)"))


def test_a_defect_is_found_and_made_small():
    """A program of dozens of calls becomes what it takes, or little more: two that open, for reading and for writing, or one
    that a copy of the process does too. Which round meets the defect is up to the harts: what does not in two minutes is tried again."""
    kernel = defective_kernel()
    for _ in range(3):
        status, text = fuzz("--kernel", kernel, "--seed", str(SEED_OF_DEFECT), "--round", str(ROUND_OF_DEFECT), "--rounds", "60",
                            "--minutes", "2", "--delays", "0")
        if status != 0:
            break
    assert status == 1 and "defect: opened for writing while somebody reads" in text, text
    calls = re.findall(r"(?m)^ +\d+  \d\.\d(?: root)?  (\w+)\(", text)
    assert 1 <= len(calls) <= 20 and re.search(r"open\w*\(.*/dev/defect", text), text
