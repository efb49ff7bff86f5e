"""The runner of in-kernel tests: one that fails, and a word that names none, are told by the exit status too."""
import os
import shutil

import pytest

from conftest import ktest
from trine.machine import ROOT, Machine, build

# apps/ktest with two tests of its own, of which one fails.
APP = "out/scratch/ktest-failing"
TESTS = """\
#include <ktest/ktest.h>

KTEST(sum_good)
{
    KTEST_EXPECT(1 + 1 == 2);
}

KTEST(sum_bad)
{
    KTEST_EXPECT_EQ(1 + 1, 3);
    KTEST_REQUIRE(1 + 1 == 4);
    KTEST_EXPECT(1 + 1 == 5);
}
"""


def make_app():
    shutil.rmtree(f"{ROOT}/{APP}", ignore_errors=True)
    os.makedirs(f"{ROOT}/{APP}/test")
    for name in ("component.mk", "with-ktests", "ktest.c"):
        shutil.copy(f"{ROOT}/apps/ktest/{name}", f"{ROOT}/{APP}/{name}")
    with open(f"{ROOT}/{APP}/test/sum_ktest.c", "w") as f:
        f.write(TESTS)


def test_failures_are_noticed():
    make_app()
    with Machine(build("unikernel", APP=APP)[1], append="ktest=sum_") as machine:
        text, status = machine.wait()
    assert status == 1
    assert f"ktest: {APP}/test/sum_ktest.c:10: expected 1 + 1 == 3, got 0x2 and 0x3" in text
    assert "ktest: sum_bad FAILED (2 expectations)" in text and "1 + 1 == 5" not in text
    assert "ktest: sum_good ok" in text and "ktest: 2 tests, 1 failed, 0 skipped" in text
    assert "the application failed: 1" in text

    assert ktest("sum_good", app=APP)[0] == {"sum_good": "ok"}
    for words in ("sum_", "nothing_like_it"):
        with pytest.raises(AssertionError, match="the application failed: 1"):
            ktest(words, app=APP)
