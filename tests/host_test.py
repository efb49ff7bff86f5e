"""The unit tests of components, compiled for this machine with sanitizers: each program is one test here."""
import os
import subprocess

import pytest

from trine.machine import ROOT

PROGRAMS = os.path.join(ROOT, "out/host/programs.txt")


def programs():
    if not os.path.exists(PROGRAMS):
        return []
    with open(PROGRAMS) as f:
        return f.read().split()


@pytest.mark.parametrize("program", programs())
def test_host(program):
    done = subprocess.run([os.path.join(ROOT, program)], cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_there_are_programs():
    assert programs(), "no host test was built"
