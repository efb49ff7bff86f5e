"""The bounded proofs, where CBMC is installed (Debian 13 has it): each file of them is one test here."""
import glob
import os
import shutil
import subprocess

import pytest

from trine.machine import ROOT

FILES = sorted(os.path.relpath(file, ROOT) for file in glob.glob(os.path.join(ROOT, "*/*/test/*_prove.c")))
CBMC = os.environ.get("CBMC", "cbmc")


@pytest.mark.skipif(shutil.which(CBMC) is None, reason="cbmc is not installed (Debian 12 has no package of it)")
@pytest.mark.parametrize("file", FILES)
def test_proof(file):
    done = subprocess.run([os.path.join(ROOT, "tools/prove.sh"), file], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "PROVE_JOBS": "1"}, timeout=4000)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "proved" in done.stdout


def test_there_are_proofs():
    assert FILES, "no proof was found"
