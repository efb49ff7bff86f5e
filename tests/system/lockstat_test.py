"""Locks of which there is one are held for a small part of what many harts do at once, so that they do not meet there."""
import pytest

from conftest import boot_shell
from trine import lock_shares
from trine.machine import build

# Per cent of a load's instructions.
SHARE_MAX = 5
# Of two pipelines until they meet: a busy host may let only one hart run at a time.
ROUNDS_MAX = 100
# Instructions.
MASKED_MAX = 5000


@pytest.fixture(scope="module")
def measured():
    return lock_shares.measure()


@pytest.mark.parametrize("load", [name for name, _, _ in lock_shares.LOADS])
def test_serial_share(measured, load):
    singles = {r["name"]: r["share"] for r in measured[load] if r["is_single"]}
    assert "processes" in singles, "the one lock that every load takes"
    assert max(singles.values()) <= SHARE_MAX, sorted(singles.items(), key=lambda item: -item[1])[:5]


def test_masked_holds_are_short(measured):
    for load, rows in measured.items():
        worst = max(rows, key=lambda r: r["worst-masked"])
        assert 0 < worst["worst-masked"] <= MASKED_MAX, (load, worst)


def test_waits_are_counted():
    """Two harts at one pipe meet, and root alone may look."""
    shell = boot_shell(image=build("monolithic", LOCKSTAT="1")[1], smp=2)
    try:
        for _ in range(ROUNDS_MAX):
            shell.run("echo 0 > /proc/lock_stat; (yes | head -c 60000 > /dev/null) & yes | head -c 60000 > /dev/null; wait")
            table = shell.run("cat /proc/lock_stat")[0]
            rows = [line.split(None, 8) for line in table.replace("\r", "").split("\n") if line.startswith(("one ", "many "))]
            pipe = next(r for r in rows if r[8].endswith("pipe->lock"))
            if int(pipe[5]) > 0 and sum(int(r[3]) for r in rows) > 0:
                break
        assert pipe[0] == "many" and int(pipe[1]) > 1000 and int(pipe[5]) > 0, pipe
        assert sum(int(r[3]) for r in rows) > 0, table
        assert shell.run("stat -c %a /proc/lock_stat")[0].strip() == "600"
        assert shell.run("echo x > /proc/lock_stat")[1] != 0
    finally:
        shell.machine.close()
