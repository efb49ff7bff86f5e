"""The sanitizers: each rule that apps/seeded breaks is reported once, with its place; what breaks none is not reported. In all three
kernels, on one hart and on eight."""
import re

import pytest

from conftest import changed_kernel
from trine.machine import Machine, build

# sanitizer -> seed -> (the report's first line, functions that its stacks name)
SEEDS = {
    "undefined": {
        "shift": (r"shift out of bounds at \S+/seeds\.c:\d+", ["shift"]),
        "add": (r"overflow of an addition at \S+/seeds\.c:\d+", ["add"]),
        "index": (r"index out of bounds at \S+/seeds\.c:\d+", ["array_index"]),
    },
    "race": {
        "race": (r"(marked )?(read|write) of 4 bytes at 0x\w+, (marked )?(read|write) of 4 bytes", ["race", "counts"]),
    },
    "address": {
        "heap-overflow": (r"beyond the end of an object of the heap or a slab: read of 1 bytes", ["heap_overflow"]),
        "heap-freed": (r"use after free: read of 1 bytes", ["heap_freed"]),
        "slab-freed": (r"use after free: read of 1 bytes", ["slab_freed"]),
        "frame-freed": (r"use of a free frame: read of 1 bytes", ["frame_freed"]),
        "stack": (r"beyond the end of a variable on the stack: write of 1 bytes", ["stack_overflow"]),
        "global": (r"beyond the end of a global variable: write of 1 bytes", ["global_overflow"]),
    },
}


def run(sanitizer, app, append, smp):
    with Machine(build("unikernel", APP=app, SANITIZE=sanitizer)[1], timeout=300, smp=smp, mem="128M", append=append) as machine:
        text, status = machine.wait()
    return text, status


def reports(sanitizer, text):
    return re.findall(rf"(?s)sanitizer: {sanitizer}: (.*?)sanitizer: end", text)


def assert_reported(sanitizer, seed, text):
    """With its place, and with the functions that its stacks name."""
    line, functions = SEEDS[sanitizer][seed]
    found = [report for report in reports(sanitizer, text) if re.match(line, report) and functions[0] in report]
    assert found, text
    for name in functions:
        assert re.search(rf"0x\w+ {name}\+0x", found[0]), (name, text)


@pytest.mark.parametrize("sanitizer,seed", [(s, seed) for s, seeds in SEEDS.items() for seed in seeds])
def test_seeded_defect_is_reported(sanitizer, seed):
    text, status = run(sanitizer, "seeded", f"seed={seed}", 2)
    assert status == 0 and f"seeded: {seed} is over" in text, text
    assert sanitizer != "address" or len(reports(sanitizer, text)) == 1, text
    assert_reported(sanitizer, seed, text)


def seeded_kernel(name):
    """Breaks the rules once its harts run."""
    if name == "unikernel":
        return {"kernel": name, "APP": "seeded"}
    components = "core/bootargs core/frame core/heap core/log core/percpu core/slab core/time"
    harts = '    startup_step("harts");\n'
    return {"kernel": changed_kernel(name, f"seeded-{name}", ["apps/seeded/seeds.c", "apps/seeded/seeds.h"],
                                     ("kernel.mk", "SRCS := ", "SRCS := seeds.c "),
                                     ("kernel.mk", "COMPONENTS := ", f"COMPONENTS := {components} "),
                                     ("main.c", harts, harts + "    seeds_run();\n"),
                                     ("main.c", "#include ", '#include "seeds.h"\n\n#include '))}


@pytest.mark.parametrize("sanitizer,smp", [("undefined", 1), ("undefined", 8), ("race", 2), ("race", 8), ("address", 1), ("address", 8)])
@pytest.mark.parametrize("kernel", ["unikernel", "monolithic", "hypervisor"])
def test_each_kernel_reports(kernel, sanitizer, smp):
    """One defect after the other, and the kernel goes on. A race takes two harts."""
    seeds = list(SEEDS[sanitizer])
    image = build(**seeded_kernel(kernel), SANITIZE=sanitizer)[1]
    with Machine(image, timeout=600, smp=smp, mem="256M", append=f"seed={','.join(seeds)}") as machine:
        machine.expect(rf"seeded: {seeds[-1]} is over")
        text = machine.text
    for seed in seeds:
        assert_reported(sanitizer, seed, text)
    assert sanitizer != "address" or len(reports(sanitizer, text)) == len(seeds), text


@pytest.mark.parametrize("sanitizer", SEEDS)
def test_a_kernel_without_defects_is_not_reported(sanitizer):
    text, status = run(sanitizer, "hello", "", 4)
    assert status == 0 and "sanitizer:" not in text and "Hello" in text, text
