"""A short run of every fuzz target, from a fixed seed; `make fuzz FUZZ_RUNS=n` runs longer."""
import os
import sys

import pytest

from trine.machine import ROOT

sys.path.insert(0, os.path.join(ROOT, "tools"))
import fuzz  # noqa: E402

PROGRAMS = os.path.join(ROOT, "out/host/fuzz-programs.txt")
RUNS = 3000


def programs():
    if not os.path.exists(PROGRAMS):
        return []
    with open(PROGRAMS) as f:
        return f.read().split()


@pytest.mark.parametrize("program", programs())
def test_fuzz(program, monkeypatch):
    monkeypatch.chdir(ROOT)
    output = fuzz.run(program, RUNS, timeout=300)
    assert output is None, output[-6000:]


def test_there_are_targets():
    assert programs(), "no fuzz target was built"
