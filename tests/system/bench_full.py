"""`make bench` as the pages say it, whole, for `make test-full`: every group runs and every bar is met."""
import os
import subprocess

from trine.machine import ROOT


def test_every_bar_is_met():
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", "bench"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=3 * 3600)
    assert done.returncode == 0 and " bars met, 0 missed;" in done.stdout, done.stdout + done.stderr
