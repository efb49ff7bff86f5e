"""Every rung of the ladder, in every variant, by the command that stands on its page."""
import os
import re
import subprocess

import pytest

from trine.machine import ROOT
from trine.remarks import FIRMWARE_REMARK, without_remarks
from trine.rungs import all_rungs


@pytest.mark.parametrize("rung", all_rungs(), ids=lambda rung: rung.name)
def test_rung(rung):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    done = subprocess.run(["make", "--no-print-directory", "tour", f"RUNG={rung.name}"], cwd=ROOT, env=env, capture_output=True, text=True,
                          check=False)
    variants = len(list(rung.variants()))
    assert done.returncode == 0 and done.stdout.endswith(f"\n{variants} passed, 0 failed\n"), done.stdout + done.stderr[-2000:]
    assert len(re.findall(rf"(?m)^ok +{rung.folder}", done.stdout)) == variants, done.stdout


def test_every_rung_has_its_page():
    for rung in all_rungs():
        assert os.path.getsize(os.path.join(rung.path, "README.md")) > 500, rung.folder


def test_remarks_of_the_firmware_are_no_output():
    remark = FIRMWARE_REMARK
    lines = "worst| h5: all refused\r\ncalm| 303 primes\r\n"
    assert without_remarks(lines) == lines
    assert without_remarks(remark * 3 + lines[:24] + remark + lines[24:]) == lines
    mixed = "".join(a + b for a, b in zip(remark[:len(lines)], lines)) + remark[len(lines):]
    assert without_remarks(mixed + "[time] system") == lines + "[time] system"
    assert without_remarks(remark[:20] + "c" + remark[20:] + remark * 2 + "alm| 303\n") == "calm| 303\n"
    between = "calm| 2262 primes below 20000\n[    0.3] guest lost: stopped: no trap handler (hart 0, page fault, pc 0xb000000)\n"
    assert without_remarks("worst| s\n" + remark * 2 + remark[0] + between + remark[1:] + "end") == "worst| s\n" + between + "end"
    assert without_remarks(remark[:15] + between + remark[15:] + remark + "end") == between + "end"
