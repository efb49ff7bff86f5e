"""Memory comes back after each of stress-ng's stressors of the classes vm, memory and scheduler: for `make test-full`; some of them
are in stress_test.py. What the program says that this kernel lacks, it skips."""
import re

import pytest

from stress_test import comes_back, drop_caches, meminfo, shell  # noqa: F401

PARTS = 8  # of a class, each a test, so that the lines tell how far it is
SKIPPED = (3, 4)  # stress-ng(1): no resources, not implemented
# What these need is not there and they do not skip: they fail. Memory must come back all the same.
LACKING = {"swap": "swap files", "physpage": "/proc/self/pagemap", "netlink-proc": "AF_NETLINK", "netlink-task": "AF_NETLINK", "tee": "tee(2)"}


def names_of(shell, kind):  # noqa: F811
    """What the program itself counts as of a class."""
    output, _ = shell.run(f"stress-ng --class {kind}?")
    return re.search(r"stressors: (.*)", output).group(1).split()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", ["vm", "memory", "scheduler"])
def test_memory_comes_back(shell, kind, part):  # noqa: F811
    names = names_of(shell, kind)
    assert len(names) >= PARTS
    wrong = []
    shell.run("cd /tmp")
    for name in names[part::PARTS]:
        drop_caches(shell)
        shell.run(f"stress-ng --{name} 1 -t 1", timeout=600)  # what it reads of its files is Cached from then on
        drop_caches(shell)
        before = meminfo(shell)
        output, status = shell.run(f"stress-ng --{name} 2 -t 1", timeout=600)
        if status not in (0, *SKIPPED) and name not in LACKING:
            wrong.append(f"{name}: {status}: {output}")
        try:
            comes_back(shell, before, name, drop_caches)
        except AssertionError as e:
            wrong.append(f"{name}: {e}")
    assert not wrong, "\n".join(wrong)
