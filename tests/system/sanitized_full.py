"""Under each sanitizer, on 1, 4 and 8 harts: the ladder and the conformance programs do what they do without one, and nothing is
reported. The kernels are DEBUG=1 ones, as the fuzzer's. For `make test-full`: a part of it, by seeded defects, is sanitize_test.py."""
import re

import pytest

from conformance_test import PROGRAMS, initrd
from conftest import boot_shell
from trine.machine import build
from trine.rungs import all_rungs

SANITIZERS = ("address", "undefined", "race")
HARTS = (1, 4, 8)
SLOWER = 12  # than without, on a busy machine
ROOM = 4     # times the memory: shadows, and what is kept from use for a while
KEPT = ("HEAP", "SCHED", "CPU")  # of a rung's variants; they differ in the harts, too


def runs_of(rung):
    """What its variants are without their harts, each once."""
    seen = {}
    for words, text in rung.variants():
        seen.setdefault(" ".join(w for w in text.split() if w.split("=")[0] in KEPT), words)
    return seen.items()


LADDER = [(rung, text, words) for rung in all_rungs() for text, words in runs_of(rung)]


@pytest.mark.parametrize("smp", HARTS)
@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("rung,text,words", LADDER, ids=[f"{rung.name} {text}".strip() for rung, text, _ in LADDER])
def test_rung(rung, text, words, sanitizer, smp):
    megabytes = int(words.get("MEM", "256M").rstrip("M"))
    words = {**words, "SANITIZE": sanitizer, "DEBUG": "1", "SMP": str(smp), "VARIANT": f"{text} {sanitizer} {smp}", "MEM": f"{megabytes * ROOM}M",
             "TIMEOUT": str(int(words.get("TIMEOUT", 120)) * SLOWER)}
    log = Console()
    rung.run(words, log=log)
    assert "sanitizer:" not in log.text, log.text


class Console:
    """What a machine prints."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("smp", HARTS)
@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_conformance(program, sanitizer, smp):
    shell = boot_shell(image=build("monolithic", SANITIZE=sanitizer, DEBUG="1")[1], smp=smp, mem="1G", initrd=initrd())
    with shell.machine as machine:
        output, status = shell.run(f"/tests/{program}", timeout=400 * SLOWER)
        assert "sanitizer:" not in machine.text, machine.text
        failures = [line for line in output.split("\n") if line.startswith("FAILED")]
        assert not failures and status == 0 and re.search(r"\.c: [1-9]\d* passed, 0 failed", output), output
