"""What an application of a unikernel may count on: floats, data in any section, and an end that is told."""
import subprocess

import pytest

from trine.cpio import Archive
from trine.machine import ROOT, Machine, build


def run(app, variables=None, **how):
    with Machine(build("unikernel", APP=f"tests/unikernel/{app}", **variables or {})[1], timeout=240, mem="128M", **how) as machine:
        return machine.wait()


@pytest.mark.parametrize("variables", [{}, {"DEBUG": 1}], ids=["normal", "debug"])
@pytest.mark.parametrize("smp", [1, 2, 4])
def test_floats_are_each_threads_own(smp, variables):
    text, status = run("floats", variables, smp=smp)
    assert status == 0 and "floats: 0 wrong" in text, text


@pytest.mark.parametrize("how, status", [("well", 0), ("seven", 1), ("panic", 1), ("thread", 1), ("wild", 1), ("early", 1)])
def test_end_is_told_by_the_exit_status(how, status):
    text, seen = run("ends", append=f"end={how}")
    assert seen == status and ("the application failed: 7" in text) == (how == "seven"), text


@pytest.mark.parametrize("variables", [{}, {"DEBUG": 1}], ids=["normal", "debug"])
def test_data_is_there_whatever_its_section(variables):
    text, status = run("sections", variables)
    assert status == 0 and "sections: ok" in text, text


def test_section_without_a_place_is_refused_by_name(tmp_path):
    (tmp_path / "component.mk").write_text("SRCS := main.c\nDEPS :=\nPROVIDES := app\n")
    (tmp_path / "main.c").write_text("#include <app/app.h>\nstatic int x __attribute__((section(\"mine\"))) = 42;\n"
                                     "int app_main(void) { return *(volatile int *)&x; }\n")
    with pytest.raises(RuntimeError, match="unplaced orphan section `mine' from .*component.o"):
        build("unikernel", APP=tmp_path)


def test_thread_local_data_without_room_is_refused(tmp_path):
    (tmp_path / "component.mk").write_text("SRCS := main.c\nDEPS :=\nPROVIDES := app\n")
    (tmp_path / "main.c").write_text("#include <app/app.h>\nstatic _Thread_local volatile int x = 1;\nint app_main(void) { return x; }\n")
    with pytest.raises(RuntimeError, match="thread-local variables: name core/thread-local in DEPS"):
        build("unikernel", APP=tmp_path)


def test_application_links_an_archive_with_flags_of_its_own(tmp_path):
    """What the archive calls like one of the kernel's functions is its own."""
    (tmp_path / "component.mk").write_text("SRCS := main.c\nDEPS := core/console\nPROVIDES := app\nCFLAGS := -DANSWER=42\n"
                                           "LIBS := libtwice.a half.o\n")
    (tmp_path / "main.c").write_text("#include <app/app.h>\n#include <console/console.h>\ndouble twice(double);\nint half(int);\n"
                                     "int app_main(void) { console_write(\"linked\\n\", 7); return twice(1.5) != 3.0 || half(ANSWER) != 21; }\n")
    (tmp_path / "twice.c").write_text("int strlen(void); int strlen(void) { return 2; }\n"
                                      "double twice(double x); double twice(double x) { return strlen() * x; }\n")
    (tmp_path / "half.c").write_text("int half(int x); int half(int x) { return x / 2; }\n")
    for name in ("twice", "half"):
        subprocess.run(["riscv64-linux-gnu-gcc", "-O1", "-fno-builtin", "-fno-pic", "-fno-stack-protector", "-mcmodel=medany", "-c", "-o",
                        f"{tmp_path}/{name}.o", f"{tmp_path}/{name}.c"], check=True)
    subprocess.run(["riscv64-linux-gnu-ar", "rc", f"{tmp_path}/libtwice.a", f"{tmp_path}/twice.o"], check=True)
    with Machine(build("unikernel", APP=tmp_path)[1], timeout=120, mem="128M") as machine:
        text, status = machine.wait()
    assert status == 0 and "linked" in text, text


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    archive = Archive()
    with open(ROOT + "/tests/unikernel/lua/all.lua", "rb") as f:
        archive.file("all.lua", f.read())
    archive.file("words.txt", "pear\nfig\napple\n")
    archive.file("ask.lua", 'print("ready"); for line in io.lines() do if line == "" then os.exit(3) end print("heard " .. line) end\n')
    path = str(tmp_path_factory.mktemp("lua") / "scripts.cpio")
    archive.write(path)
    return path


LUA = """sorted apple fig pear
floats 0.667 1e+300   2.2|left    |003.1416 0x1p-1
math 841470 1414213 2718281 3 1 1024.0
coroutine 1 4 9
pcall false thrown
pcall /all.lua:11: attempt to perform arithmetic on a nil value
missing /nothing/here: No such file or directory 2
file written 42 8 42
renamed true true nil
sum 12.783291 true true
arguments 3 one two words"""


@pytest.mark.parametrize("variables, smp", [({}, 1), ({"DEBUG": 1}, 4), ({"HEAP": "slab", "SCHED": "cfs"}, 2)],
                         ids=["normal", "debug", "slab-cfs"])
def test_lua_runs_its_scripts(scripts, variables, smp):
    with Machine(build("unikernel", APP="lua", **variables)[1], timeout=240, mem="128M", smp=smp, initrd=scripts,
                 append='-- /all.lua one "two words" 0') as machine:
        text, status = machine.wait()
    assert status == 0 and LUA in text.replace("\r", "").replace("\t", " "), text
    assert "unknown word" not in text


def test_lua_hears_what_is_typed_and_tells_its_end(scripts):
    with Machine(build("unikernel", APP="lua")[1], timeout=240, mem="128M", initrd=scripts, append="-- /ask.lua") as machine:
        machine.expect("ready")
        machine.line("hello")
        machine.expect("heard hello")
        machine.line("")
        text, status = machine.wait()
    assert status == 1 and "the application failed: 3" in text, text


@pytest.mark.parametrize("smp", [1, 4])
def test_c_program_with_threads(smp):
    text, status = run("threads", smp=smp, append='-- "from the line"')
    assert status == 0 and "threads: from the line, 0 wrong, 3.140625" in text, text
