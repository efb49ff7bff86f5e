"""Threads, timers, locks and work queues inside kernels: every policy, one to eight harts."""
import pytest

from conftest import ktest

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
