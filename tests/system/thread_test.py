"""Threads, timers, locks and work queues inside kernels: every policy, one to eight harts, and the lock-order check."""
import pytest

from conftest import busybox_initrd
from trine.machine import Machine, build

AREAS = ("thread_", "timer_", "clock_", "mutex_", "semaphore_", "condvar_", "rwlock_", "waitqueue_", "spinlock_", "work_", "soak_")


def ktest(words, smp, **variables):
    with Machine(build("unikernel", APP="ktest", **variables)[1], timeout=400, smp=smp, mem="128M", append=f"ktest={words}") as machine:
        match = machine.expect(r"ktest: (\d+) tests, (\d+) failed, (\d+) skipped")
        text, status = machine.wait()
    assert match.group(2) == "0" and int(match.group(1)) > 0 and status == 0, text
    return text


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_all_areas(smp):
    text = ktest("", smp)
    for area in AREAS:
        assert f"ktest: {area}" in text, area


@pytest.mark.parametrize("policy", ["fifo", "rr"])
@pytest.mark.parametrize("smp", [1, 4])
def test_policies(policy, smp):
    ktest("thread_", smp, SCHED=policy)


def test_lock_order_in_the_unikernel():
    assert "lock order" not in ktest("", 2, DEBUG="1")


def test_lock_order_in_the_monolithic_kernel():
    """The paths that nest most: files, pipes, processes, terminals, procfs."""
    commands = ["mkdir -p /tmp/a/b; echo x > /tmp/a/b/c; mv /tmp/a/b/c /tmp/a/d; rm -r /tmp/a",
                "for i in 1 2 3 4; do (echo $i | cat | cat) & done; wait",
                "ps > /dev/null; cat /proc/self/maps /proc/mounts > /dev/null; find /proc /sys > /dev/null 2>&1",
                "mkfifo /tmp/p; (cat /tmp/p &); echo hi > /tmp/p"]
    with Machine(build("monolithic", DEBUG="1")[1], timeout=300, smp=2, initrd=busybox_initrd(), append="console=ttyS0 quiet") as machine:
        machine.expect(r"# (\x1b\[6n)?$")
        for i, command in enumerate(commands):
            machine.line(f"{command}; echo end''{i}")
            machine.expect(f"end{i}")
        machine.line("poweroff -f")
        text, status = machine.wait()
    assert "lock order" not in text and "panic" not in text and status == 0
