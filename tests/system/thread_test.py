"""Threads, timers, locks and work queues inside kernels: every policy, one to eight harts, and the lock-order check."""
import pytest

from conftest import busybox_initrd, ktest
from trine.machine import Machine, build

AREAS = ("thread_", "timer_", "clock_", "mutex_", "semaphore_", "condvar_", "rwlock_", "waitqueue_", "spinlock_",
         "work_", "soak_")


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_all_areas(smp):
    _, text = ktest("", smp=smp)
    for area in AREAS:
        assert f"ktest: {area}" in text, area


@pytest.mark.parametrize("policy", ["fifo", "rr"])
@pytest.mark.parametrize("smp", [1, 4])
def test_policies(policy, smp):
    ktest("thread_", smp=smp, variables={"SCHED": policy})


def test_lock_order_in_the_unikernel():
    _, text = ktest("", smp=2, variables={"DEBUG": "1"})
    assert "lock order" not in text


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
