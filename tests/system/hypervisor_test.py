"""The hypervisor with guests that are many, hostile, greedy, described badly, or not there."""
import os
import re
import subprocess

import pytest

from conftest import ktest
from trine.guest import pack, small_guest
from trine.machine import ROOT, Machine, build
from trine.remarks import without_remarks

CALM = "guest:tour/h5-trap/calm.c"
CALM_LINES = [303, 550, 783, 1007, 1229, 1438, 1652, 1862, 2064, 2262]


@pytest.fixture(scope="module")
def image():
    return build("hypervisor")[1]


def guest(name, kernel="k.image", memory_kib=4096, cpus=1, words='trine,console = "sbi";', children=""):
    words = words if "cpus" in words else f"cpus = <{cpus}>; {words}"
    return f"""{name} {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; memory = <0 {memory_kib}>; {words}
        kernel {{ compatible = "multiboot,kernel", "multiboot,module"; path = "{kernel}"; }}; {children} }};"""


def initrd(folder, guests, **files):
    """A guest set in a folder of the test; keyword a_image is the file a.image."""
    description = os.path.join(folder, "guests.dts")
    with open(description, "w") as f:
        f.write("/dts-v1/;\n/ { chosen { " + "\n".join(guests) + " }; };\n")
    out = os.path.join(folder, "guests.cpio")
    pack(out, description, {name.replace("_", "."): what for name, what in files.items()})
    return out


def run(image, timeout=600, **how):
    with Machine(image, timeout=timeout, mem=how.pop("mem", "128M"), **how) as machine:
        return machine.wait()[0].replace("\r", "")


def test_no_extension_is_one_line(image):
    with Machine(image, mem="128M", cpu="rv64,h=off") as machine:
        text, status = machine.wait()
    assert text.count("cannot boot: this machine has no hypervisor extension") == 1
    assert status == 1


def test_no_initrd(image):
    assert "no guests: there is no initrd" in run(image)


def test_initrd_that_is_no_archive(image, tmp_path):
    garbage = tmp_path / "garbage"
    garbage.write_bytes(os.urandom(1000).replace(b"0707", b"xxxx"))
    assert "the initrd is no cpio archive" in run(image, initrd=str(garbage))


BAD = {
    "toolong": ("longer-than-fifteen-characters", {}, "its name is longer than 15 characters"),
    "tiny": ("tiny", {"memory_kib": 4}, "its memory is not between 1 MiB and 64 GiB"),
    "crowd": ("crowd", {"cpus": 9}, "its number of cpus is not between 1 and 8"),
    "absent": ("absent", {"kernel": "absent.image"}, "its kernel is not in the initrd"),
    "noimage": ("noimage", {"kernel": "text.image"}, "its kernel is no RISC-V Image"),
    "small": ("small", {"memory_kib": 2048}, "its kernel does not fit into its memory"),
    "thief": ("thief", {"children": """flash@22000000 { compatible = "cfi-flash"; reg = <0 0x22000000 0 0x2000000>;
        trine,backing = "passthrough"; trine,host-address = <0 0x80000000>; };"""},
              "the machine has no flash bank where it wants one passed through"),
    "typo": ("typo", {"words": "cpus = <1 2>;"}, "guest typo: not started: its property cpus has a wrong form"),
    "gpu": ("gpu", {"children": "gpu { };"}, "guest gpu: not started: its node gpu is of an unknown kind"),
    "sundial": ("sundial", {"words": 'trine,timer = "sundial";'}, "its trine,timer is neither sstc nor trap"),
}


def test_bad_descriptions_give_a_line_and_good_guests_run(image, tmp_path):
    text_file = tmp_path / "text"
    text_file.write_text("I am no kernel. " * 100)
    guests = [guest(name, **how) for name, how, _ in BAD.values()] + [guest("good"), guest("good@2")]
    guests.append(guest("odd", words="trine,colour = <7>;"))
    archive = initrd(str(tmp_path), guests, k_image=CALM, text_image=str(text_file), absent_image=str(text_file))
    with open(archive, "rb") as f:
        data = f.read()
    at = data.rindex(b"absent.image")  # its header in the archive: described and packed, but under another name
    with open(archive, "wb") as f:
        f.write(data[:at] + b"hidden.image" + data[at + 12:])
    text = run(image, initrd=archive)
    for _, _, reason in BAD.values():
        assert text.count(reason) == 1, (reason, text[-3000:])
    assert text.count("guest good: not started: another guest has its name") == 1
    assert text.count("guest odd: its property trine,colour means nothing here") == 1
    assert sorted(re.findall(r"(\w+)\| 2262 primes below 20000", text)) == ["good", "odd"]


def test_truncated_description(image, tmp_path):
    archive = initrd(str(tmp_path), [guest("good")], k_image=CALM)
    with open(archive, "rb") as f:
        data = bytearray(f.read())
    start = data.index(b"\xd0\x0d\xfe\xed")
    data[start + 60:start + 120] = b"\xff" * 60
    with open(archive, "wb") as f:
        f.write(data)
    text = run(image, initrd=archive)
    assert "not all guests ended well" in text and "panic" not in text


def greedy(name, mib):
    """It touches all of its memory."""
    return guest(name, memory_kib=mib * 1024).replace('path = "k.image";', f'path = "g.image"; bootargs = "mib={mib}";')


GREEDY = "guest:tests/guests/greedy.c"


def test_a_guest_for_which_there_is_no_memory_is_refused_and_no_other_notices(image, tmp_path):
    guests = [greedy("huge", 65536), greedy("greedy", 1024), guest("calm")]
    text = run(image, initrd=initrd(str(tmp_path), guests, g_image=GREEDY, k_image=CALM), mem="64M")
    for name, wanted in (("huge", 65536), ("greedy", 1024)):
        match = re.search(rf"guest {name}: not started: it wants (\d+) MiB with its tables, and (\d+) MiB are left", text)
        assert match and wanted < int(match[1]) < wanted * 1.01 and 40 < int(match[2]) < 64, text[-3000:]
    assert re.findall(r"(\d+) primes below", text) == [str(n) for n in CALM_LINES]


@pytest.mark.parametrize("smp", [1, 4])
def test_who_was_admitted_gets_all_of_its_memory(image, tmp_path, smp):
    """Two guests that touch all they have; the third, which would take it from them, does not start."""
    flash = 'flash@22000000 { compatible = "cfi-flash"; reg = <0 0x22000000 0 0x2000000>; path = "f.img"; };'
    contents = tmp_path / "contents"
    contents.write_bytes(b"false start")
    guests = [greedy("one", 66), greedy("two", 40), greedy("three", 40), guest("flash", "f.image", children=flash)]
    archive = initrd(str(tmp_path), guests, g_image=GREEDY, f_image="guest:tests/guests/flash.c", f_img=str(contents))
    text = run(image, initrd=archive, mem="128M", smp=smp)
    assert "guest three: not started: it wants 41 MiB" in text
    assert sorted(re.findall(r"(\w+)\| greedy: got all of it", text)) == ["one", "two"], text[-3000:]
    assert "flash| flash: read, erased, programmed, and found again after a reboot" in text, text[-3000:]


@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("cpu", ["rv64", "rv64,sstc=off"])
def test_harts_of_two_guests_interrupt_and_fence_each_other(image, tmp_path, smp, cpu):
    guests = [guest("a", cpus=4), guest("b", cpus=4, words='trine,console = "sbi"; trine,timer = "trap";')]
    text = run(image, initrd=initrd(str(tmp_path), guests, k_image="guest:tests/guests/smp.c"), smp=smp, cpu=cpu)
    timers = dict(re.findall(r"^(\w)\| smp: 4 harts, ring of 800, (\d+) timers, 0 errors", text, re.M))
    assert timers.keys() == {"a", "b"}, text[-3000:]
    assert timers["a"] == "80"
    # A deadline of a's that expires while a is put aside may, in QEMU 7.2's main thread, come after it was taken back, and
    # then reaches whoever runs next, with Sstc or not: about once in a hundred runs, never twice at once.
    assert int(timers["b"]) in ((80,) if "off" in cpu else (80, 81, 82))


def test_the_same_harts_on_the_firmware_alone(tmp_path):
    """The guest above is a fair one: what it expects of the hypervisor, OpenSBI gives it, too."""
    assert "smp: 4 harts, ring of 800, 80 timers, 0 errors" in run(small_guest("tests/guests/smp.c", str(tmp_path)), smp=4)


EXACT = ["execute-only pages", "buffers of legacy calls", "ends of devices", "waiting", "suspension", "remapped code"]


def exact_lines(text):
    return re.findall(r"exact: (.*)", text)


@pytest.fixture(scope="module")
def exact_on_the_bare_machine(tmp_path_factory):
    """What OpenSBI alone gives: the test is a fair one."""
    lines = exact_lines(run(small_guest("tests/guests/exact.c", str(tmp_path_factory.mktemp("exact"))), smp=2, append="bare"))
    assert len(lines) == len(EXACT) + 1 and all(line.endswith(", 0 wrong") for line in lines), lines
    assert [line for line in lines if "A and D" not in line] == [f"{group}, 0 wrong" for group in EXACT]
    return lines


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("cpu", ["rv64", "rv64,sstc=off"])
def test_what_goes_through_the_host_ends_as_on_the_bare_machine(image, tmp_path, smp, cpu, exact_on_the_bare_machine):
    archive = initrd(str(tmp_path), [guest("e", words="cpus = <2>;")], k_image="guest:tests/guests/exact.c")
    text = run(image, initrd=archive, smp=smp, cpu=cpu)
    assert exact_lines(text) == ["console buffers, 0 wrong", *exact_on_the_bare_machine], text[-3000:]


@pytest.mark.parametrize("smp", [1, 2, 4])
def test_vcpus_on_threads_that_are_not_theirs(smp):
    results, _ = ktest("vcpu_", smp=smp)
    assert len(results) == 5 and set(results.values()) == {"ok"}, results


def has_cpu(model):
    qemu = os.environ.get("QEMU") or "qemu-system-riscv64"
    return model in subprocess.run([qemu, "-cpu", "help"], capture_output=True, text=True).stdout.split()


def csrs_at_start(text, name=""):
    return dict(re.findall(rf"(?m)^{name}csrs: (\w+) starts as (\w+)", text))


@pytest.mark.parametrize("aia", ["none", "aplic", "aplic-imsic"])
@pytest.mark.parametrize("cpu", ["rv64", "max"])
def test_no_csr_of_a_guest_is_seen_by_another(image, tmp_path, cpu, aia):
    if cpu == "max" and not has_cpu("max"):
        pytest.skip("this QEMU knows no such processor")
    guests = [guest(name).replace('path = "k.image";', f'path = "k.image"; bootargs = "id={name}";') for name in "ab"]
    text = run(image, initrd=initrd(str(tmp_path), guests, k_image="guest:tests/guests/csrs.c"), cpu=cpu, machine=f"virt,aia={aia}")
    there = re.findall(r"(?m)^[ab]\| csrs: (\d+) there, 0 changed by somebody else", text)
    assert len(there) == 2 and there[0] == there[1], text[-3000:]
    a, b = (csrs_at_start(text, rf"{name}\| ") for name in "ab")
    bare = csrs_at_start(run(small_guest("tests/guests/csrs.c", str(tmp_path)), cpu=cpu, machine=f"virt,aia={aia}", append="id=x"))
    a["14d"] = bare["14d"]  # stimecmp: the firmware leaves it alone, so that it may be in the past
    if cpu == "max":
        bare["100"] = a["100"]  # sstatus: guests have no vectors
    assert a == {csr: bare[csr] for csr in a} and b == {**a, "14d": b["14d"]}


def test_flash_passed_through_and_emulated_keep_what_was_programmed(image, tmp_path):
    flash = """flash@22000000 { compatible = "cfi-flash"; reg = <0 0x22000000 0 0x2000000>; trine,backing = "%s"; %s };"""
    guests = [guest("passed", children=flash % ("passthrough", "")), guest("emulated", children=flash % ("emulated", 'path = "f.img";')),
              guest("second", children=flash % ("passthrough", ""))]
    contents = tmp_path / "contents"
    contents.write_bytes(b"false start")
    bank = tmp_path / "bank"
    bank.write_bytes(b"false start".ljust(32 << 20, b"\xff"))
    archive = initrd(str(tmp_path), guests, k_image="guest:tests/guests/flash.c", f_img=str(contents))
    text = run(image, initrd=archive, pflash=str(bank))
    assert text.count("guest second: not started: the flash bank it wants passed through is another guest's") == 1
    for name in ("passed", "emulated"):
        assert f"{name}| flash: read, erased, programmed, and found again after a reboot" in text, text[-3000:]
    assert "emulated| false" in text and "passed| flash: the host refuses to read it" in text, text[-3000:]
    assert bank.read_bytes()[-0x40000:][:8] == b"toob\x78\x56\x34\x12"


def test_input_goes_to_one_guest_and_moves_on_by_the_escape_key(image, tmp_path):
    archive = initrd(str(tmp_path), [guest("one"), guest("two")], k_image="guest:tests/guests/echo.c")
    with Machine(image, mem="128M", initrd=archive) as machine:
        machine.expect(r"echo: ready")
        machine.expect(r"echo: ready")
        machine.send("hello\r")
        machine.expect(r"one\| echo: \[hello\]")
        machine.send("\x1d")
        machine.expect(r"\[input: two\]")
        machine.send("there\r")
        machine.expect(r"two\| echo: \[there\]")
        machine.send("end\r")
        machine.expect(r"two\| echo: \[end\]")
        machine.expect(r"guest two: powered off")
        machine.send("end\r")
        machine.expect(r"one\| echo: \[end\]")
        machine.wait()


def test_what_is_typed_ahead_is_not_lost(image, tmp_path):
    archive = initrd(str(tmp_path), [guest("one")], k_image="guest:tests/guests/echo.c")
    with Machine(image, mem="128M", initrd=archive) as machine:
        machine.expect(r"echo: ready")
        for part in range(4):  # a terminal line takes 4096 bytes
            machine.send("".join(f"line {part * 100 + i}\r" for i in range(100)))
            machine.expect(rf"echo: \[line {part * 100 + 99}\]")
        machine.send("end\r")
        text = machine.wait()[0]
    assert [f"line {i}" for i in range(400)] == re.findall(r"echo: \[(line \d+)\]", text)


def test_a_paste_beyond_all_buffers_waits_for_its_reader(image, tmp_path):
    """The guest looks for its input when more has been sent than the host, the UART and the terminal hold."""
    late = guest("one").replace('path = "k.image";', 'path = "k.image"; bootargs = "late";')
    archive = initrd(str(tmp_path), [late], k_image="guest:tests/guests/echo.c")
    with Machine(image, mem="128M", initrd=archive) as machine:
        machine.expect(r"echo: ready")
        for part in range(40):
            machine.send("".join(f"line {part * 50 + i}\r" for i in range(50)))
        machine.expect(r"echo: \[line 1999\]")
        machine.send("end\r")
        text = machine.wait()[0]
    assert [f"line {i}" for i in range(2000)] == re.findall(r"echo: \[(line \d+)\]", text)


def test_a_kernel_of_ours_says_the_same_bare_and_as_a_guest(image, tmp_path):
    hello = build("unikernel", APP="hello")[1]
    bare = [line for line in run(hello).split("\n") if "Hello" in line]
    archive = initrd(str(tmp_path), [guest("hello", memory_kib=16384, words="")], k_image=hello)
    assert bare and bare == [line for line in run(image, initrd=archive).split("\n") if "Hello" in line]


@pytest.mark.parametrize("memory_kib,mem", [(32768, "64M"), (65536, "128M")])
def test_a_guest_that_reboots_gives_everything_back(image, tmp_path, memory_kib, mem):
    flash = 'flash@22000000 { compatible = "cfi-flash"; reg = <0 0x22000000 0 0x2000000>; trine,backing = "emulated"; };'
    archive = initrd(str(tmp_path), [guest("phoenix", memory_kib=memory_kib, children=flash)], k_image="guest:tests/guests/reboot.c")
    text = run(image, initrd=archive, mem=mem)
    assert "reboot: eight times, each with fresh memory" in text, text[-3000:]
    assert text.count("guest phoenix: 1 vCPU") == 9


@pytest.mark.parametrize("mem,exits", [("256M", (1, 100)), ("192M", (1000, 9000))], ids=["plenty", "scarce"])
def test_a_large_guest_is_given_large_pages_while_memory_is_plenty(image, tmp_path, mem, exits):
    ballast = tmp_path / "ballast"
    with open(ballast, "wb") as f:
        f.truncate(80 << 20)  # an initrd that fills nearly half of the smaller machine
    archive = initrd(str(tmp_path), [guest("scatter", memory_kib=65536)], k_image="guest:tests/guests/scatter.c", ballast=str(ballast))
    text = run(image, initrd=archive, mem=mem)
    assert "scatter: 8192 pages touched, all zero" in text, text[-2000:]
    nr_exits = int(re.search(r"guest scatter: powered off after (\d+) exits", text).group(1))
    assert exits[0] <= nr_exits <= exits[1]


HOSTILE = "guest:tests/guests/hostile.c"


def hostile(mode, cpus=4):
    """By a UART of its own, so that its console can be flooded by registers, too."""
    return guest(mode, words=f"cpus = <{cpus}>;").replace('path = "k.image";', f'path = "h.image"; bootargs = "mode={mode}";')


def lines_of(name, text):
    return [line[len(name) + 2:] for line in text.replace("\r", "").split("\n") if line.startswith(name + "| ")]


@pytest.mark.parametrize("cpu", ["rv64", "rv64,v=true"])
def test_what_a_guest_may_try_on_itself(image, tmp_path, cpu):
    """Every width and form of access on devices and holes, every CSR, all of SYSTEM: an answer, and it goes on."""
    archive = initrd(str(tmp_path), [hostile("mmio"), hostile("insn"), hostile("crash"), guest("calm")], k_image=CALM, h_image=HOSTILE)
    text = run(image, initrd=archive, smp=2, cpu=cpu)
    assert "hostile: mmio, it lives" in text and "hostile: insn, it lives" in text, text[-3000:]
    assert text.count("guest crash: stopped: no trap handler") == 1
    assert lines_of("calm", text) == [f"{n} primes below {(i + 1) * 2000}" for i, n in enumerate(CALM_LINES)]
    assert "panic" not in text


HOSTS = {"loud": ["flood", "spin", "timer", "start", "fence", "tables", "reset"], "sly": ["calls", "jump", "sleep", "walk", "churn"]}


@pytest.mark.parametrize("modes", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize("smp", [1, 4])
def test_hostile_neighbours_change_nothing(image, tmp_path, smp, modes):
    """Guests that never end do the worst there is; three good ones say, word for word, what they say without them."""
    flash = """flash@22000000 { compatible = "cfi-flash"; reg = <0 0x22000000 0 0x2000000>; path = "program.elf"; };"""
    subprocess.run([ROOT + "/tour/m2-pflash-app/prepare", str(tmp_path)], check=True)
    good = [guest("calm"), guest("hello", "hello.image", memory_kib=16384, words=""),
            guest("m2", "m2.image", memory_kib=16384, words="", children=flash)]
    files = {"k_image": CALM, "h_image": HOSTILE, "hello_image": build("unikernel", APP="hello")[1],
             "m2_image": build("tour/m2-pflash-app")[1], "program_elf": str(tmp_path / "program.elf")}

    def said(guests):
        with Machine(image, timeout=1200, mem="256M", smp=smp, initrd=initrd(str(tmp_path), guests, **files)) as machine:
            ended = set()
            while ended != {"calm", "hello", "m2"}:
                ended.add(machine.expect(r"guest (calm|hello|m2): powered off").group(1))
            text = without_remarks(machine.text)
        assert "panic" not in text
        # Lines of the guests' own logs begin with their time.
        return {name: [re.sub(r"^\[ *\d+\.\d+\]", "[time]", line) for line in lines_of(name, text)] for name in sorted(ended)}

    alone = said(good)
    assert [len(lines) > 0 for lines in alone.values()] == [True] * 3 and alone["m2"][-1] == "m2: the program from flash left with 7"
    assert said(good + [hostile(m) for m in modes]) == alone
