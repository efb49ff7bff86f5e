"""How a kernel dies: every way of apps/crash gives one report with the right reason and names, then the machine stops."""
import re

import pytest

from trine.machine import Machine, build

# crash= -> (reason in the first line, functions that the backtrace names)
WAYS = {
    "panic": (r"as told, 42", ["run", "app_main", "kernel_main"]),
    "assert": (r"assertion failed: str_equal\(how, \"something else\"\), apps/crash/crash.c:\d+", ["assert_failed", "run"]),
    "null-read": (r"load page fault, address 0x8", ["reads_null", "app_main"]),
    "null-call": (r"instruction page fault, address 0x0", ["kernel_main"]),
    "write-text": (r"store page fault, address 0xffffffff80000000", ["writes_text"]),
    "write-text-alias": (r"store page fault, address 0xffffffc0", ["writes_text_alias"]),
    "exec-data": (r"instruction page fault, address 0xffffffff80", ["kernel_main"]),
    "exec-direct-map": (r"instruction page fault, address 0xffffffc0", ["kernel_main"]),
    "overflow": (r"kernel stack overflow", ["recurse", "app_main"]),
    "thread-overflow": (r"kernel stack overflow", ["recurse"]),
    "bad-sp": (r"kernel stack overflow, sp 0x1234", ["loses_sp"]),
    "alloca": (r"kernel stack overflow", ["take", "app_main"]),
    "thread-alloca": (r"kernel stack overflow", ["take"]),
    "held-mutex": (r"holder ends with 1 locks held", ["thread_exit"]),
    "smash": (r"stack smashed", ["smash"]),
    "illegal": (r"illegal instruction, address 0xffffffff", ["is_illegal"]),
    "thread": (r"died in a thread", ["dies_elsewhere"]),
}


# The same of a DEBUG build, which looks at more.
DEBUG_WAYS = {
    "held-mutex": (r"holder ends with 1 locks held apps/crash/crash.c: mutex", ["thread_exit"]),
    "thread-alloca": (r"kernel stack overflow", ["take"]),
    "use-after-free": (r"heap: block \w+ \(100 bytes, allocated by \w+\) was written at byte 50 after it was freed", ["use_after_free"]),
    "double-free": (r"heap_free: block \w+ \(100 bytes, allocated by \w+\) was freed already", ["free_twice"]),
}


def crash(how, smp=1, **variant):
    with Machine(build("unikernel", APP="crash", **variant)[1], smp=smp, mem="128M", append=f"crash={how}") as machine:
        text, status = machine.wait()
    assert status == 1, (status, text)
    return text[text.index("kernel panic"):]


def expect_report(text, reason, functions):
    assert re.match(r"kernel panic on CPU 0: " + reason, text), text
    assert text.count("kernel panic") == 1, text
    for name in functions:
        assert re.search(rf"0x\w+ {name}\+0x", text), (name, text)


def test_without_a_way_they_are_listed():
    """Those that the tests know, and those that tell their own in other tests."""
    with Machine(build("unikernel", APP="crash")[1], mem="128M") as machine:
        text, status = machine.wait()
    listed = re.findall(r"\]   ([\w-]+) +\w", text)
    assert status == 0 and set(listed) >= {*WAYS} - {"thread-overflow", "thread-alloca"} and {"busy", "wordless", "hang"} < set(listed), text


@pytest.mark.parametrize("how", WAYS)
def test_report(how):
    expect_report(crash(how), *WAYS[how])


@pytest.mark.parametrize("heap", ["tlsf", "slab", "buddy"])
def test_report_of_a_debug_build(heap):
    for how in DEBUG_WAYS if heap == "tlsf" else ("use-after-free", "double-free"):
        expect_report(crash(how, DEBUG="1", HEAP=heap), *DEBUG_WAYS[how])


def test_a_panic_that_cannot_be_told_ends():
    with Machine(build("unikernel", APP="crash")[1], mem="128M", append="crash=wordless") as machine:
        text, status = machine.wait()
    assert status == 1 and text.count("panic") < 10, (status, text)


def test_every_other_cpu_reports():
    for _ in range(3):  # the kernel waits for each a second or so, in which a busy host may not come to run it
        text = crash("busy", smp=4)
        if "does not answer" not in text:
            break
    assert sorted(re.findall(r"CPU (\d) was here:", text)) == ["1", "2", "3"], text
    assert "does not answer" not in text
    assert len(re.findall(r" spins\+0x", text)) == 3, text


def test_reboot_after_panic():
    with Machine(build("unikernel", APP="crash")[1], mem="128M", append="crash=panic panic=reboot") as machine:
        machine.expect("kernel panic")
        machine.expect("OpenSBI")
        machine.expect("kernel panic")
