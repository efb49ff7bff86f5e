"""The sanitizers: each rule that apps/seeded breaks is reported once, with its place; what breaks none is not reported."""
import re

import pytest

from trine.machine import Machine, build

# sanitizer -> seed -> (the report's first line, functions that its stacks name)
SEEDS = {
    "undefined": {
        "shift": (r"shift out of bounds at apps/seeded/seeded\.c:\d+", ["shift"]),
        "add": (r"overflow of an addition at apps/seeded/seeded\.c:\d+", ["add"]),
        "index": (r"index out of bounds at apps/seeded/seeded\.c:\d+", ["array_index"]),
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


@pytest.mark.parametrize("sanitizer,seed", [(s, seed) for s, seeds in SEEDS.items() for seed in seeds])
def test_seeded_defect_is_reported(sanitizer, seed):
    line, functions = SEEDS[sanitizer][seed]
    text, status = run(sanitizer, "seeded", f"seed={seed}", 2)
    assert status == 0 and f"seeded: {seed} is over" in text, text
    reports = re.findall(rf"(?s)sanitizer: {sanitizer}: (.*?)sanitizer: end", text)
    found = [report for report in reports if re.match(line, report)]
    assert found and (sanitizer != "address" or len(reports) == 1), text
    for name in functions:
        assert re.search(rf"0x\w+ {name}\+0x", found[0]), (name, text)


@pytest.mark.parametrize("sanitizer", SEEDS)
def test_a_kernel_without_defects_is_not_reported(sanitizer):
    text, status = run(sanitizer, "hello", "", 4)
    assert status == 0 and "sanitizer:" not in text and "Hello" in text, text
