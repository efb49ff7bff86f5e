"""A bounded run of every fuzz target, with a fixed seed; `make fuzz FUZZ_RUNS=...` goes further."""
import subprocess

from trine.machine import ROOT


def test_fuzz_targets():
    done = subprocess.run(["make", "-s", "--no-print-directory", "fuzz", "FUZZ_RUNS=3000"], cwd=ROOT, capture_output=True, text=True,
                          errors="replace", timeout=1200)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert done.stdout.count("ok  ") >= 8, done.stdout
