"""Damaged input inside the kernels: executables, initrds, device trees, disks, guests.

What comes of each is an error or a line that says why, never a panic, never memory lost. The damage is the same in
every run: cuts, flipped bits, and numbers in headers that are set to what they might break on.
One file: each kind of input is damaged by the same hand.
"""
import gzip
import os
import random
import re
import stat
import struct
import subprocess
import uuid
import zlib

import pytest

from conftest import Shell, busybox_initrd, compiled
from fat_test import tool
from hypervisor_test import CALM, CALM_LINES, guest
from hypervisor_test import initrd as hypervisor_initrd
from trine.cpio import Archive
from trine.guest import resolve
from trine.machine import Machine, build, qemu_command
from trine.seeds import damaged

ELF_HEADER = [("type", 16, 2), ("machine", 18, 2), ("entry", 24, 8), ("phoff", 32, 8), ("phentsize", 54, 2), ("phnum", 56, 2)]
PROGRAM_HEADER = [("type", 0, 4), ("flags", 4, 4), ("offset", 8, 8), ("vaddr", 16, 8), ("filesz", 32, 8), ("memsz", 40, 8), ("align", 48, 8)]
EDGES = [0, 1, 3, 0x1000, 0xfff, 0x7fffffff, 0x3ffffff000, 0x4000000000, 0x7ffffffffffff000, 0x8000000000000000, 0xfffffffffffff000,
         0xffffffffffffffff]


def edge_values(data, fields):
    """Yields (name, content) with each field (name, offset, bytes) at each value that something might break on."""
    for name, at, size in fields:
        for value in sorted({e & (1 << size * 8) - 1 for e in EDGES}):
            yield f"-{name}-{value:x}", data[:at] + value.to_bytes(size, "little") + data[at + size:]


def elf_variants(name, data):
    """An executable as it is and damaged: every number of its headers, and bits anywhere."""
    at, entries = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    fields = ELF_HEADER + [(f"{i}.{field}", at + 56 * i + offset, size) for i in range(entries) for field, offset, size in PROGRAM_HEADER]
    yield name, data
    for suffix, content in [*edge_values(data, fields), *damaged(name, data, 20, 40),
                            *damaged(name + "-header", data, 0, 60, range(at + 56 * entries))]:
        yield name + suffix, content


def binary(path):
    with open(path, "rb") as f:
        return f.read()


def victim(kind, *flags):
    return binary(compiled("victim", "-nostdlib", "-fno-stack-protector", "-O1", "-Wl,-z,max-page-size=4096", *flags, out=kind))


def without_data(data):
    """An executable whose writable segment has no bytes in the file, though it does not begin with a page."""
    at, entries = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    writable = [h for h in range(at, at + 56 * entries, 56) if struct.unpack_from("<II", data, h) == (1, 6)]
    assert len(writable) == 1 and struct.unpack_from("<Q", data, writable[0] + 16)[0] % 4096
    return data[:writable[0] + 32] + bytes(8) + data[writable[0] + 40:]


def damaged_programs():
    """An archive of programs, and of dynamic loaders that programs name. Their files' names begin with a dot."""
    archive = Archive()
    asks_for = b"/corpus/0000"
    dynamic = victim("victim-dynamic", "-pie", "-Wl,--dynamic-linker=" + asks_for.decode())
    assert dynamic.count(asks_for + b"\0") == 1
    programs = dict(elf_variants("static", victim("victim-static", "-static")))
    for i, (name, content) in enumerate(elf_variants("loader", victim("victim-loader", "-static-pie"))):
        archive.file(f"corpus/.{i:03x}", content, 0o755)
        programs[name] = dynamic.replace(asks_for, b"/corpus/.%03x" % i)
    programs.update(elf_variants("dynamic", programs["loader"]))
    archive.add("corpus/.pip", stat.S_IFIFO | 0o777)
    programs["waits-for-a-loader"] = dynamic.replace(asks_for, b"/corpus/.pip")
    programs["its-own-loader"] = dynamic.replace(asks_for, b"its-own-load")
    programs["its-own-script"] = b"#!/corpus/its-own-script\n"
    programs["empty"] = b""
    programs["without-data"] = without_data(victim("victim-data", "-static", "-Wl,-Tdata=0x13f40"))
    for name, content in programs.items():
        archive.file("corpus/" + name, content, 0o755)
    return archive


def machine_with(tmp_path, archive, **how):
    """A machine with a debugging kernel whose initrd has the programs below tests/ and the archive besides."""
    for name, more in (("exec_each", ()), ("leaks", ("allocations.c", "allocations.h"))):
        archive.file("tests/" + name, binary(compiled(name, "-static", "-O1", more=more)), 0o755)
    archive.write(str(tmp_path / "added.cpio"))
    (tmp_path / "initrd").write_bytes(binary(busybox_initrd()) + binary(tmp_path / "added.cpio"))
    kernel = os.environ.get("TRINE_KERNEL") or build("monolithic", DEBUG="1")[1]
    return Machine(kernel, mem="256M", append="quiet console=ttyS0", initrd=str(tmp_path / "initrd"), **how)


def twice_without_leak(shell, command):
    """What the command says the second time."""
    # What damage makes the kernel say would fall into what the program says.
    output, status = shell.run(f"dmesg -n 1; /tests/leaks sh -c '{command} > /said'", timeout=1200)
    assert status == 0 and output.endswith("nothing leaked"), output
    assert "panic" not in shell.machine.text
    return shell.run("cat /said")[0]


# EPERM (a segment in page 0, which nobody may map), ENOENT, ENOEXEC, ENOMEM, EACCES, EINVAL, ELOOP, ELIBBAD: what an executable may be
# refused with.
REFUSED = {"errno 1", "errno 2", "errno 8", "errno 12", "errno 13", "errno 22", "errno 40", "errno 80"}


def test_executables(tmp_path):
    """Two thousand damaged programs and dynamic loaders: each ends by itself, and leaves nothing behind."""
    with machine_with(tmp_path, damaged_programs()) as machine:
        shell = Shell(machine)
        output = twice_without_leak(shell, "/tests/exec_each /corpus")
        results = dict(reversed(line.rsplit(" ", 1)) for line in output.split("\n"))
        assert len(results) > 2000, output[-3000:]
        expected = {"static": "exit 7", "dynamic": "exit 7", "loader": "exit 7", "without-data": "exit 4", "waits-for-a-loader": "errno 13",
                    "its-own-loader": "errno 2", "its-own-script": "errno 40", "empty": "errno 8", "loader-cut0": "errno 80"}
        assert {name: results[name] for name in expected} == expected
        odd = {name: result for name, result in results.items()
               if result not in REFUSED and not re.match(r"exit|signal", result)}
        assert not odd, odd


# --- initrds

CPIO_FIELD = {"ino": 0, "mode": 1, "nlink": 4, "filesize": 6, "devmajor": 7, "rdevmajor": 9, "namesize": 11}
INIT_RUNS, NO_INIT = "init runs", r"no program to run as init|init (?:exited with|was killed by) .*: powering off"


def small_archives():
    """A program that says a line and powers off, and in an archive of its own a file of each kind."""
    program, others = Archive(), Archive()
    program.file("init", binary(compiled("init_ends", "-O2", "-static", "-nostdlib", "-fno-stack-protector")), 0o755)
    others.node("dev/console", 5, 1)
    others.file("etc/motd", "hello\n" * 10)
    others.file("big", bytes(range(256)) * 80)
    others.symlink("sbin", "/bin")
    for archive in (program, others):
        archive.add("TRAILER!!!", 0)
    return b"".join(program.parts), b"".join(others.parts)


def damaged_initrds():
    program, others = small_archives()
    good = others + program
    heads = [m.start() for m in re.finditer(b"070701", good)]
    yield "good", good
    yield "good-gzip", gzip.compress(good, mtime=0)
    yield "good-both", program + gzip.compress(others, mtime=0)
    # The numbers of a header each at one value, of one entry after the other: all pairs would be some hundred boots.
    fields = [(name, i, value) for name, i in CPIO_FIELD.items() for value in (b"00000000", b"7fffffff", b"ffffffff", b"0000zz00")]
    for n, (name, i, value) in enumerate(fields):
        at = heads[n % len(heads)] + 6 + 8 * i
        yield f"{n % len(heads)}-{name}-{value.decode()}", good[:at] + value + good[at + 8:]
    for suffix, content in [*damaged("plain", good, 6, 0), *damaged("header", good, 0, 8, [h + i for h in heads for i in range(110)])]:
        yield suffix, content
    for suffix, content in damaged("all-gzip", gzip.compress(good, mtime=0), 6, 0):
        yield "all-gzip" + suffix, content
    # A program with flipped bits might do anything.
    for suffix, content in damaged("gzip", gzip.compress(others, mtime=0), 2, 10):
        yield "gzip" + suffix, program + content


def power_off(image, timeout=180, **how):
    """What a machine prints from the kernel on, and its exit status."""
    command = qemu_command(image, **how)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    except subprocess.TimeoutExpired as e:
        raise AssertionError(f"the machine did not power off:\n{(e.stdout or b'')[-3000:].decode(errors='replace')}")
    text = done.stdout.decode(errors="replace").replace("\r", "")
    return re.split(r"Boot HART MEDELEG.*\n", text)[-1], done.returncode


def test_initrds(tmp_path):
    """Each boots, or says why there is no program to run and ends with a failure."""
    path = str(tmp_path / "initrd")
    refused = 0
    for name, content in damaged_initrds():
        with open(path, "wb") as f:
            f.write(content)
        text, status = power_off(build("monolithic")[1], mem="64M", append="quiet", initrd=path)
        no_init = len(re.findall(NO_INIT, text))
        assert "panic" not in text and (INIT_RUNS in text) + no_init == 1 and status == no_init, (name, text)
        complaints = text.count("initrd:") + text.count("/init cannot be run")
        if name.startswith("good"):
            assert text.strip() == INIT_RUNS
        else:
            assert complaints <= 2 and (complaints or not no_init), (name, text)
        if "gzip-" in name:
            assert complaints == 1, (name, text)
        refused += no_init
    assert refused > 10


# --- device trees

TREE_AT, KERNEL_AT = 0x84000000, 0x80400000  # as in other_tree.S


def tree_properties(tree):
    """Yields (path, name or None for the node itself, offset, bytes of the value)."""
    at, strings = struct.unpack_from(">II", tree, 8)
    path = []
    while True:
        token = struct.unpack_from(">I", tree, at)[0]
        if token == 1:
            end = tree.index(b"\0", at + 4)
            path.append(tree[at + 4:end].decode())
            yield "/".join(path), None, at, 0
            at = end + 4 & ~3
        elif token == 3:
            size, name = struct.unpack_from(">II", tree, at + 4)
            name = tree[strings + name:tree.index(b"\0", strings + name)].decode()
            yield "/".join(path), name, at, size
            at = at + 12 + size + 3 & ~3
        elif token in (2, 4):
            path = path[:-1] if token == 2 else path
            at += 4
        else:
            return


def damaged_trees(tree, chance, sensitive, samples):
    """A tree as it is; then samples of what is sensitive and of the rest: a number of the header, a node, a property that is not as it should be; cuts; flipped bits."""
    yield "good", tree
    total, structure = struct.unpack_from(">II", tree, 4)
    changes = []
    for i in range(10):
        changes += [(f"header-{i}-{v:x}", 4 * i, struct.pack(">I", v)) for v in (0, 3, 0x28, total - 4, 0x7fffffff, 0xffffffff)]
    for path, name, at, size in tree_properties(tree):
        where = f"{path}:{name}"
        if name is None:
            changes += [(f"{path}-node-{v:x}", at, struct.pack(">I", v)) for v in (0, 2, 4, 9)]
            continue
        changes += [(f"{where}-size-{v:x}", at + 4, struct.pack(">I", v)) for v in (0, 1, size + 4, 0x7fffffff, 0xffffffff)]
        changes += [(f"{where}-name", at + 8, b"\x7f\xff\xff\xff"),
                    (f"{where}-gone", at, b"\0\0\0\4" * (3 + (size + 3) // 4)),
                    (f"{where}-zero", at + 12, bytes(size)), (f"{where}-ones", at + 12, b"\xff" * size)]
    chosen = chance.sample([c for c in changes if sensitive.search(c[0])], samples[0]) + chance.sample(changes, samples[1])
    for name, at, content in chosen:
        yield name, tree[:at] + content + tree[at + len(content):]
    for suffix, content in [*damaged("tree", tree, 4, 0), *damaged("tree", tree, 0, 10, range(structure, total))]:
        yield suffix[1:], content


# What a kernel cannot do without, or writes to: half of what is tried is damage to these.
SENSITIVE = re.compile(r"(memory@|reserved|serial|plic|test|virtio_mmio@10001000|pci).*:(reg|ranges)-|cells-(zero|ones|gone)")


def kernel_with_tree(tmp_path, tree, kernel, **how):
    """Options of a machine whose kernel gets this tree; None: the machine writes its own there."""
    stub = compiled("other_tree", "-nostdlib", "-static", "-Wl,-Ttext=0x80200000", "-Wl,--build-id=none", extension=".S")
    subprocess.run(["riscv64-linux-gnu-objcopy", "-O", "binary", stub, str(tmp_path / "stub")], check=True)
    return {"image": str(tmp_path / "stub"), "mem": "128M", "smp": 2, **how, "extra": [
        "-device", f"loader,file={kernel},addr={KERNEL_AT:#x},force-raw=on", "-device", f"loader,file={tree},addr={TREE_AT:#x},force-raw=on"]}


def firmwares_tree(tmp_path, **how):
    """The machine's tree, and in it the firmware's memory, which firmware adds."""
    path = str(tmp_path / "tree")
    subprocess.run(qemu_command(machine=f"virt,dumpdtb={path}", **{k: v for k, v in how.items() if k != "extra"}), check=True,
                   capture_output=True)
    for node, name, *values in [("", "#address-cells", "2"), ("", "#size-cells", "2"), ("", "ranges"),
                                ("/firmware@80000000", "reg", "0", "80000000", "0", "80000"), ("/firmware@80000000", "no-map")]:
        subprocess.run(["fdtput", "-p", "-t", "x", path, "/reserved-memory" + node, name, *values], check=True)
    return binary(path)


@pytest.mark.parametrize("kernel", ["unikernel", "monolithic", "hypervisor"])
def test_device_trees(tmp_path, kernel):
    """With each the kernel does what it is there for, or says what is wrong: in a line, not in a panic."""
    image = build(kernel, **({"APP": "hello"} if kernel == "unikernel" else {}))[1]
    how = {"append": "quiet"} if kernel != "unikernel" else {}
    done = "Hello from Trine!"
    if kernel == "monolithic":
        done, how["initrd"] = INIT_RUNS, str(tmp_path / "initrd")
        (tmp_path / "initrd").write_bytes(b"".join(reversed(small_archives())))
    elif kernel == "hypervisor":
        done, how["initrd"] = "2262 primes below 20000", hypervisor_initrd(str(tmp_path), [guest("good")], k_image=CALM)
    how = kernel_with_tree(tmp_path, tmp_path / "damaged", image, **how)
    tree = firmwares_tree(tmp_path, **how)
    refused = 0
    for name, content in damaged_trees(tree, random.Random(kernel), SENSITIVE, (20, 30)):
        (tmp_path / "damaged").write_bytes(content)
        text, _ = power_off(**how)
        assert "panic" not in text, (name, text)
        is_done = done in text
        complaints = re.findall(r"(?m)^.*(?:cannot boot: |device tree).*$", text)
        assert is_done or complaints or "no guests: there is no initrd" in text or re.search(NO_INIT, text), (name, text)
        assert is_done or name != "good"
        refused += not is_done
    assert refused > 10


# --- disks

BOOT_SECTOR = [("bytes-per-sector", 11, 2), ("sectors-per-cluster", 13, 1), ("reserved", 14, 2), ("fats", 16, 1), ("root-entries", 17, 2),
               ("sectors", 19, 2), ("media", 21, 1), ("fat-size", 22, 2), ("sectors-32", 32, 4), ("fat-size-32", 36, 4), ("flags-32", 40, 2),
               ("root-cluster", 44, 4), ("info-sector", 48, 2)]
FOLDER_ENTRY = [("attributes", 11, 1), ("cluster-high", 20, 2), ("cluster", 26, 2), ("size", 28, 4)]

WALK = """cd /
for disk in /dev/vd?[0-9]*; do
    name=${disk#/dev/}
    if mount -t vfat $disk /mnt 2>/dev/null; then
        find /mnt -type f 2>/dev/null | head -n 300 | xargs md5sum >/dev/null 2>&1
        ls -lR /mnt 2>/dev/null | head -n 1000 >/dev/null
        (head -c 30000 /bin/busybox >/mnt/written; mkdir /mnt/made; mv /mnt/one/two /mnt/made; echo x >>/mnt/one/B.TXT
         rm "/mnt/a long name.text"; dd if=/bin/busybox of=/mnt/one/third bs=1k seek=20 count=10
         mv /mnt/made/two/third /mnt/one/fourth; rmdir /mnt/one/none) 2>/dev/null >/dev/null
        sync
        umount /mnt || echo "$name cannot be unmounted"
        echo "$name mounted"
    else
        echo "$name refused"
    fi
done
"""


def mkfs(path, width):
    size = {12: 1024, 16: 8192, 32: 34816}[width]
    if os.path.exists(path):
        os.remove(path)
    subprocess.run([tool("mkfs.fat"), "-C", "-F", str(width), "-s", "1", path, str(size)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mmd", "-i", path, "::/one", "::/one/two", "::/one/none"], check=True)
    content = path + ".content"
    with open(content, "wb") as f:
        f.write(bytes(range(256)) * 30)
    for name in ("a long name.text", "one/B.TXT", "one/two/third"):
        subprocess.run(["mcopy", "-i", path, content, f"::/{name}"], check=True)


def damaged_disks(path, width, chance):
    """File systems: one that is good, and ones with one number of the boot sector, the table or a folder changed, or some bits."""
    mkfs(path, width)
    good = binary(path)
    changes = []

    def change(name, at, size):
        changes.extend((f"{name}-{v:x}", at, v.to_bytes(size, "little")) for v in sorted({e & (1 << 8 * size) - 1 for e in EDGES}))

    for name, at, size in BOOT_SECTOR:
        change(name, at, size)
    reserved, table_sectors = struct.unpack_from("<H", good, 14)[0], struct.unpack_from("<H", good, 22)[0]
    for i in range(2, 40):
        change(f"table-{i}", reserved * 512 + i * width // 8, 4 if width == 32 else 2)
    entries = [m.start() for name in (b"ALONGN~1TEX", b"ONE        ", b"TWO        ", b"THIRD      ", b"B       TXT")
               for m in re.finditer(re.escape(name), good)]
    assert len(entries) == 5 and (table_sectors or width == 32)
    for at in entries:
        for name, offset, size in FOLDER_ENTRY:
            change(f"entry-{name}", at + offset, size)
    yield "good", good
    boot = [c for c in changes if not c[0].startswith(("table", "entry"))]
    for name, at, content in chance.sample(boot, 5) + chance.sample(changes, 14):
        yield name, good[:at] + content + good[at + len(content):]
    used = [at for at in range(512, min(len(good), 1 << 20)) if good[at]]
    for suffix, content in [*damaged(f"disk{width}", good, 1, 0), *damaged(f"disk{width}", good, 0, 9, used)]:
        yield suffix[1:], content


PARTITIONS = 15


def partitioned(path, contents):
    """A disk with a partition by GPT for each; UEFI specification 2.10, 5.3."""
    at, places = 2048, []
    with open(path, "wb") as f:
        for content in contents:
            f.seek(at * 512)
            f.write(content.rstrip(b"\0"))
            places.append((at, max(len(content) // 512, 1)))
            at += places[-1][1] + 2047 & ~2047
        f.truncate((at + 2048) * 512)
        table = b"".join(uuid.uuid5(uuid.NAMESPACE_OID, "data").bytes_le + uuid.uuid5(uuid.NAMESPACE_OID, str(start)).bytes_le +
                         struct.pack("<QQQ72x", start, start + size - 1, 0) for start, size in places).ljust(128 * 128, b"\0")
        header = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, at + 2047, 34, at + 2000, bytes(16), 2, 128, 128,
                             zlib.crc32(table))
        header = header[:16] + struct.pack("<I", zlib.crc32(header)) + header[20:]
        f.seek(446)
        f.write(struct.pack("<8BII48x2B", 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, at + 2047, 0x55, 0xaa) + header)
        f.seek(1024)
        f.write(table)
    return places


def test_disks(tmp_path):
    """Ninety file systems are mounted, read, written and left; the good ones stay so, by the word of another program."""
    variants = [(f"FAT{width} {name}", content) for width in (12, 16, 32)
                for name, content in damaged_disks(str(tmp_path / "made"), width, random.Random(width))]
    disks, places = [], {}
    for i in range(0, len(variants), PARTITIONS):
        path = str(tmp_path / f"disk{i}")
        where = partitioned(path, [content for _, content in variants[i:i + PARTITIONS]])
        for number, place in enumerate(where):
            places[f"vd{chr(ord('a') + len(disks))}{number + 1}"] = (variants[i + number][0], path, *place)
        disks.append(path)
    archive = Archive()
    archive.file("tests/walk", WALK, 0o755)
    with machine_with(tmp_path, archive, disk=disks) as machine:
        shell = Shell(machine)
        output = twice_without_leak(shell, "mkdir -p /mnt; sh /tests/walk")
        results = dict(re.findall(r"(?m)^(vd\w+) (mounted|refused)$", output))
        assert set(results) == set(places) and "cannot be" not in output, output
        good = [name for name, (variant, *_) in places.items() if "good" in variant]
        assert len(good) == 3 and all(results[name] == "mounted" for name in good), results
        assert 10 < list(results.values()).count("mounted") < len(results) - 10, results
        for name in good:
            _, path, start, size = places[name]
            with open(path, "rb") as f:
                f.seek(start * 512)
                (tmp_path / "checked").write_bytes(f.read(size * 512))
            checked = subprocess.run([tool("fsck.fat"), "-n", str(tmp_path / "checked")], capture_output=True, text=True)
            listing = subprocess.run(["mdir", "-i", str(tmp_path / "checked"), "-/", "-b", "::"], capture_output=True, text=True).stdout
            assert checked.returncode == 0 and "::/made/two" in listing and "::/one/fourth" in listing, checked.stdout + listing
        assert shell.run("echo alive")[0] == "alive"


# --- guests

def damaged_images(image):
    for name, at in (("offset", 8), ("size", 16)):
        yield from ((f"{name}{i}", image[:at] + struct.pack("<Q", value) + image[at + 8:]) for i, value in enumerate(EDGES))
    for i, value in enumerate((0, 0x5352, 0xffffffff)):
        yield f"magic{i}", image[:56] + struct.pack("<I", value) + image[60:]
    for size in (0, 10, 63, 64, 200):
        yield f"cut{size}", image[:size]
    for i, at in enumerate((0, 4)):
        yield f"code{i}", image[:at] + b"\xff" * 4 + image[at + 4:]


GUESTS_MAX = 16


def test_guest_images(tmp_path):
    """Guests whose Images are damaged: a line for each that cannot start, and the good one says all that it has to say."""
    images = dict(damaged_images(binary(resolve(CALM, str(tmp_path)))))
    for name, content in images.items():
        (tmp_path / name).write_bytes(content)
    refused = []
    for i in range(0, len(images), GUESTS_MAX - 1):
        names = list(images)[i:i + GUESTS_MAX - 1]
        archive = hypervisor_initrd(str(tmp_path), [guest("good"), *(guest(name, name) for name in names)], k_image=CALM,
                                    **{name: str(tmp_path / name) for name in names})
        with Machine(build("hypervisor")[1], mem="128M", initrd=archive, timeout=120) as machine:
            awaited = {*names, "good", "the end of good"}
            while awaited:
                match = machine.expect(r"guest (\w+): (1 vCPU|not started: its kernel [^\r]*\r|powered off)")
                awaited.discard(match.group(1) if match.group(2) != "powered off" else f"the end of {match.group(1)}")
            text = machine.text.replace("\r", "\n").replace("\n\n", "\n")
        assert "panic" not in text
        said_no = re.findall(r"guest (\w+): not started: its kernel (.*)", text)
        started = re.findall(r"guest (\w+): 1 vCPU", text)
        assert sorted([name for name, _ in said_no] + started) == sorted([*names, "good"]), text[-3000:]
        assert [line for line in text.split("\n") if line.startswith("good| ")] == [
            f"good| {n} primes below {(i + 1) * 2000}" for i, n in enumerate(CALM_LINES)]
        refused += said_no
    assert {name for name, why in refused if "no RISC-V Image" in why} == {"magic0", "magic1", "magic2", "cut0", "cut10", "cut63"}
    assert len(refused) > 15


def test_guest_descriptions(tmp_path):
    """Of two guests each runs to its end or is refused in a line."""
    archive = hypervisor_initrd(str(tmp_path), [guest("a"), guest("b")], k_image=CALM)
    packed, tree = binary(archive), binary(tmp_path / "guests.dtb")
    assert packed.count(tree) == 1
    sensitive = re.compile(r"memory|cpus|path|compatible|cells|console")
    for name, content in damaged_trees(tree, random.Random("guests"), sensitive, (25, 20)):
        (tmp_path / "damaged").write_bytes(packed.replace(tree, content.ljust(len(tree), b"\0")))
        text, status = power_off(build("hypervisor")[1], mem="128M", initrd=str(tmp_path / "damaged"))
        done = sorted(re.findall(r"guest (\w+): powered off", text))
        lines = re.findall(r"guest .*: (?:not started|stopped): .*|guest description is malformed|guests.dtb is no device tree|no guests", text)
        assert "panic" not in text and len(done) + len(lines) >= 1, (name, text)
        assert len(set(done)) == 2 or len(lines) or name.split(":")[0].count("/") > 1, (name, text)
        assert (status != 0) == bool(lines), (name, text, status)
        assert name != "good" or done == ["a", "b"]
