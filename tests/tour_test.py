"""Every rung of the ladder, in every variant."""
import pytest

from trine.rungs import all_rungs

RUNS = [pytest.param(rung, words, id=f"{rung.folder} {text}".strip()) for rung in all_rungs() for words, text in rung.variants()]


@pytest.mark.parametrize("rung,words", RUNS)
def test_rung(rung, words):
    rung.run(words)


def test_every_rung_has_its_page():
    import os
    for rung in all_rungs():
        assert os.path.getsize(os.path.join(rung.path, "README.md")) > 500, rung.folder
