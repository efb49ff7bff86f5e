"""The fuzzer of system calls for FUZZ_MINUTES on four harts, under the sanitizers that find what harts do to each other: no finding.
For `make test-full`, which takes MINUTES=60 and SEED=; without one, each run has a seed of its own, which the lines name."""
import os
import re
import time

import pytest

from fuzz_calls_test import fuzz

MINUTES = os.environ.get("FUZZ_MINUTES", "60")
SEED = os.environ.get("FUZZ_SEED") or str(int(time.time()) % 1000000)


@pytest.mark.parametrize("fail", ["0", "12"])
@pytest.mark.parametrize("sanitizer", ["address", "race"])
def test_nothing_is_found(sanitizer, fail):
    """Half of the time with allocations and requests of the disk that fail."""
    minutes = float(MINUTES) / 2
    status, text = fuzz("--sanitize", sanitizer, "--seed", SEED, "--minutes", str(minutes), "--fail", fail, "--keep-going", "--no-shrink",
                        timeout=minutes * 60 + 1800)
    assert status == 0 and re.search(rf"(?m)^[1-9]\d* rounds of seed {SEED}, 0 findings", text), text
