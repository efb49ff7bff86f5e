"""The vDSO that the kernel carries, as a shared object: what dynamic linkers, unwinders and the kernel itself rely on. What
its functions say is tests/conformance/vdso.c's."""
import os
import re
import struct
import subprocess

import pytest

from trine.machine import OUT, ROOT, build

FUNCTIONS = {"__vdso_rt_sigreturn", "__vdso_gettimeofday", "__vdso_clock_gettime", "__vdso_clock_getres", "__vdso_getcpu",
             "__vdso_flush_icache", "__vdso_riscv_hwprobe"}  # vdso(7), "riscv functions", and Linux's since 6.4


@pytest.fixture(scope="module", name="path")
def fixture_path():
    build("monolithic")
    return os.path.join(ROOT, OUT, "objects/common/linux/vdso/program.so")


def readelf(path, *options):
    return subprocess.run(["riscv64-linux-gnu-readelf", "-W", *options, path], capture_output=True, text=True, check=True).stdout


def symbols(path):
    """(address, type, name, version) of each global one."""
    pattern = r"^\s*\d+: ([0-9a-f]+)\s+\d+ (\w+)\s+GLOBAL DEFAULT\s+(?!ABS)\w+ (\w+)(?:@@(\S+))?$"
    return [(int(a, 16), kind, name, version) for a, kind, name, version in re.findall(pattern, readelf(path, "--dyn-syms"), re.M)]


def sections(path):
    found = re.findall(r"^\s*\[\s*\d+\] (\.\S+)\s+\w+\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)", readelf(path, "-S"), re.M)
    return {name: (int(address, 16), int(size, 16)) for name, address, size in found}


def layout():
    with open(ROOT + "/linux/vdso/layout.h") as f:
        return {name: int(value, 0) for name, value in re.findall(r"#define VDSO_(\w+)_OFFSET\s+(\w+)", f.read())}


def test_it_is_a_page_that_is_read_and_executed(path):
    loads = re.findall(r"^\s*LOAD\s+(\S+) (\S+) \S+ (\S+) (\S+) (.{3}) (\S+)$", readelf(path, "-l"), re.M)
    assert len(loads) == 1
    offset, address, file_size, memory_size, rights, _ = loads[0]
    assert (int(offset, 16), int(address, 16), rights) == (0, 0, "R E")
    assert int(file_size, 16) == int(memory_size, 16) <= 4096
    assert os.path.getsize(path) <= 4096, "the kernel copies the file into one page"


def test_it_is_complete_in_itself(path):
    assert "There are no relocations" in readelf(path, "-r")
    dynamic = readelf(path, "-d")
    assert not re.search(r"\((NEEDED|TEXTREL|INIT|INIT_ARRAY|JMPREL)\)", dynamic)
    assert "Library soname: [linux-vdso.so.1]" in dynamic
    assert re.search(r"\(HASH\)", dynamic) and re.search(r"\(GNU_HASH\)", dynamic), "C libraries look by the one or the other"
    assert re.search(r"Type:\s+DYN", readelf(path, "-h")) and "soft-float ABI" in readelf(path, "-h")


def test_its_functions(path):
    found = symbols(path)
    assert {name for _, _, name, _ in found} == FUNCTIONS
    text, size = sections(path)[".text"]
    for address, kind, name, version in found:
        assert (kind, version) == ("FUNC", "LINUX_4.15"), name
        assert text <= address < text + size, name
    assert not re.search(r" UND \w", readelf(path, "--dyn-syms"))


def test_signal_frames_are_known_by_two_instructions(path):
    """Unwinders compare the words where a handler returns to."""
    where = layout()["SIGRETURN"]
    assert [address for address, _, name, _ in symbols(path) if name == "__vdso_rt_sigreturn"] == [where]
    with open(path, "rb") as f:
        assert struct.unpack_from("<2I", f.read(), where) == (0x08b00893, 0x00000073)  # li a7, 139; ecall


def test_what_the_kernel_fills_in_is_where_it_writes(path):
    """And nothing of the image lies there: it is zero until then."""
    found, at = sections(path), layout()
    with open(path, "rb") as f:
        image = f.read()
    for section, key in ((".hwprobe", "HWPROBE"), (".time", "TIME")):
        address, size = found[section]
        assert address == at[key]
        assert not any(image[address:address + size])
        for other, (start, length) in found.items():
            assert other == section or start == 0 or start + length <= address or address + size <= start, other


def test_every_function_but_the_way_back_can_be_unwound(path):
    ranges = [(int(a, 16), int(b, 16)) for a, b in re.findall(r"FDE cie=\S+ pc=([0-9a-f]+)\.\.([0-9a-f]+)", readelf(path, "--debug-dump=frames"))]
    for address, _, name, _ in symbols(path):
        assert any(a <= address < b for a, b in ranges) == (name != "__vdso_rt_sigreturn"), name
    assert ".eh_frame_hdr" in sections(path)
