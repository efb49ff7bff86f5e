"""`make check` holds locks: what works without the lock that it wants is refused, and so is an exemption without a reason."""
import os
import re
import shutil
import subprocess
import sys

import pytest

from trine.machine import ROOT

LAYERS = ("lib", "arch", "platform", "core", "drivers", "mm", "fs", "linux", "virt", "kernels", "apps", "tour")
# Where a lock is dropped: the file, the function, and the line in it that takes the lock; its release goes, too.
DROPS = [
    ("core/slab/slab.c", "void slab_cache_stats(", "= spin_lock_irqsave(&cache->lock)"),
    ("core/frame/frame.c", "struct frame *frame_lookup(", "irq = frames_lock()"),
    ("core/thread/block.c", "static void nudge(", "RQ_LOCK_OF(rq, t)"),
    ("core/time/timer.c", "uint64_t time_next_deadline(", "spin_lock(&base->lock)"),
    ("core/work/work.c", "void work_queue_destroy(", "= spin_lock_irqsave(&queue->lock)"),
    ("fs/vfs/locks.c", "static void wait_leave_graph(", "spin_lock(&waits_lock)"),
    ("fs/pipe/pipe.c", "long pipe_ioctl(", "mutex_lock(&pipe->lock)"),
    ("linux/fdtable/fdtable.c", "static struct file *table_remove(", "spin_lock(&table->lock)"),
    ("linux/anon/timerfd.c", "static uint64_t timerfd_take(", "= spin_lock_irqsave(&tfd->lock)"),
    ("virt/vm/console.c", "static size_t input_take(", "= spin_lock_irqsave(&vm->input_lock)"),
]
# Likewise in what is no component of a kernel's: a rung's application, and an in-kernel test.
MORE_DROPS = [
    ("tour/u6-preempt/main.c", "static bool put(", "spin_lock(&lock)"),
    ("apps/ktest/test/trap_ktest.c", "static void count_up(", "= spin_lock_irqsave(&counter_lock)"),
]
RELEASE = re.compile(r"^.*\b(?:spin_unlock\w*|mutex_unlock|frames_unlock)\(.*;\n", re.M)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for layer in (*LAYERS, "make", "tools"):
        shutil.copytree(f"{ROOT}/{layer}", root / layer, ignore=shutil.ignore_patterns("__pycache__", "*_test.c", "*_fuzz.c", "*_prove.c"))
    return root


def check(root, *components):
    done = subprocess.run([sys.executable, f"{root}/tools/check_locks.py", str(root), *components], capture_output=True, text=True,
                          env={**os.environ, "TRINE_OUT": "out"})
    return done.returncode, done.stderr


def drop_lock(text, function, taken):
    """The text without the lock in one function."""
    start = text.index("\n" + function)
    end = text.index("\n}\n", start)
    body = text[start:end]
    assert taken in body, f"{function} does not take it by {taken}"
    body = body.replace(taken, "= 0" if taken.startswith("=") else "irq = 0" if taken.startswith("irq") else "(void)0")
    return text[:start] + RELEASE.sub("    (void)0;\n", body) + text[end:]


@pytest.mark.parametrize("drops", [DROPS, MORE_DROPS], ids=["components", "others"])
def test_each_dropped_lock_is_a_refusal(tree, drops):
    before = {}
    for name, function, taken in drops:
        before[name] = (tree / name).read_text()
        (tree / name).write_text(drop_lock(before[name], function, taken))
    status, text = check(tree, *sorted({os.path.dirname(name) for name, _, _ in drops}))
    for name, whole in before.items():
        (tree / name).write_text(whole)
    refused = set(re.findall(r"(?m)^([\w/.-]+):\d+:\d+: error: .*(?:requires holding|that was not held)", text))
    assert status != 0 and refused == {name for name, _, _ in drops}, text


def check_changed(tree, name, change):
    """Its component's check with one file changed, which then is as it was; change() takes and gives the whole text."""
    path = tree / name
    before = path.read_text()
    after = change(before)
    assert after != before, f"nothing to change in {name}"
    path.write_text(after)
    try:
        return check(tree, "/".join(name.split("/")[:2]))
    finally:
        path.write_text(before)


def test_an_exemption_without_a_reason_is_refused(tree):
    status, text = check_changed(tree, "core/console/console.c",
                                 lambda text: re.sub(r'UNLOCKED\(consoles, "[^"]*"\)', 'UNLOCKED(consoles, "")', text))
    assert status != 0 and re.search(r"core/console/console.c:\d+: error: UNLOCKED without a reason", text)


def test_a_legend_without_a_guard_is_refused(tree):
    status, text = check_changed(tree, "core/work/include/work/work.h",
                                 lambda text: text.replace("bool is_stopping GUARDED_BY(&lock)", "bool is_stopping"))
    assert status != 0 and re.search(r"work.h:\d+: error: the legend of is_stopping names a lock", text)


def test_the_address_of_a_guarded_member_wants_the_lock(tree):
    """Clang 19 alone does not ask for it, and lists are handed on by address."""
    function = "void unlocked(struct work_queue *queue)"
    status, text = check_changed(tree, "core/work/work.c",
                                 lambda text: f"{text}\n{function};\n{function}\n{{\n    (void)list_pop(&queue->pending);\n}}\n")
    assert status != 0 and "'pending' requires holding spinlock" in text
