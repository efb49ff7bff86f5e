"""`make run` as the user meets it: wrong values are named and build nothing, right ones reach QEMU as they were typed."""
import os
import re
import shlex
import shutil
import subprocess

import pexpect
import pytest

from trine.machine import ROOT, build


def make(*words, environment=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"} | (environment or {})
    done = subprocess.run(["make", "--no-print-directory", *words], cwd=ROOT, capture_output=True, text=True, env=env,
                          stdin=subprocess.DEVNULL, timeout=1800)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("word", [
    "KERNEL=microkernel", "APP=nosuch", "SMP=many", "SMP=0", "SMP=65", "MEM=lots", "MEM=1M", "HEAP=zig", "HEAP=suite",
    "SCHED=zag", "INITRD=/no/such", "INITRD=/tmp", "DISK=/no/such", "PFLASH=/no/such", "QEMU=nosuch", "QEMU=/bin/true",
    "DEBUG=perhaps",
])
def test_wrong_value_is_named_and_builds_nothing(word):
    """In a build folder that nothing else uses (SCHED=fifo), so that a build would be seen."""
    words = [word] if word.startswith("SCHED") else ["SCHED=fifo", word]
    folder = os.path.join(ROOT, "out", "monolithic-tlsf-fifo")
    before = os.path.exists(folder)
    status, text = make("run", *words)
    name, _, value = word.partition("=")
    assert status != 0
    line = next(line for line in text.split("\n") if value in line)
    assert name in line or "application" in line or "***" in line, text
    assert "Traceback" not in text and "  CC" not in text, text
    assert os.path.exists(folder) == before


def test_application_means_the_unikernel():
    status, text = make("-n", "image", "APP=hello")
    assert status == 0 and "note: APP=hello is an application, so that KERNEL=unikernel" in text and "out/unikernel-hello-" in text, text


def test_application_in_the_environment_counts_if_it_is_ours():
    for name, folder in (("hello", "unikernel-hello"), ("somebody-else's", "monolithic")):
        status, text = make("-n", "image", environment={"APP": name})
        assert status == 0 and f"out/{folder}-" in text, text


@pytest.mark.parametrize("words, says", [
    ("run KERNEL=monolithic APP=hello", "APP=hello has no effect on KERNEL=monolithic"),
    ("tour rung=u3", "rung=u3: no such variable; did you mean RUNG=?"),
    ("run kernel=unikernel", "kernel=unikernel: no such variable; did you mean KERNEL=?"),
    ("run APEND=quiet", "APEND=quiet: no such variable; did you mean APPEND=?"),
    ("run colour=blue", "colour=blue: no such variable; make help has those that there are"),
    ("tour SMP=4", "SMP=4 has no effect on make tour: it is for debug fuzz-calls run"),
    ("test COMPONENT=core/frame", "COMPONENT=core/frame has no effect on make test: it is for fuzz fuzz-programs host-programs host-test prove"),
    ("bench RUNG=u3", "RUNG=u3 has no effect on make bench: it is for tour"),
    ("clean KERNEL=unikernel", "KERNEL=unikernel has no effect on make clean"),
    ("APP=hello", "APP=hello has no effect on make help"),
    ("check DEBUG=1", "DEBUG=1 has no effect on make check"),
])
def test_variable_without_effect_is_refused(words, says):
    status, text = make("-n", *words.split())
    assert status != 0 and says in text, text


def test_variable_counts_if_any_goal_has_use_for_it():
    assert make("-n", "check", "image", "KERNEL=unikernel", "APP=hello")[0] == 0
    assert make("-n", "out/busybox.cpio", "KERNEL=monolithic", "V=1")[0] == 0


def test_help_has_every_variable_and_every_goal():
    _, text = make("help")
    with open(ROOT + "/make/words.mk") as f:
        lines = f.read().replace("\\\n", " ").split("\n")
    lists = [line.split(":=") for line in lines if re.match(r"(WORDS_OF_|words\.)", line)]
    for name, words in lists:
        for word in re.findall(r"(?<![(\w])[A-Z_]+\b(?!\))", words):
            assert re.search(rf"\b{word}\b", text), word
        goal = name.strip().removeprefix("words.")
        assert name.startswith("WORDS") or goal.endswith("-programs") or re.search(rf"make {goal}\b", text), goal
    assert "compile_commands.json" in text


def test_words_reach_qemu_as_typed(tmp_path):
    """Quotes, dollars and commas are nobody's but QEMU's."""
    disk = tmp_path / "a,b.img"
    disk.write_bytes(b"\0" * 512)
    append = """init=/bin/sh -- "a b" $HOME '`x`' \\"""
    fake = tmp_path / "qemu"  # knows the machine, and shows what it is given
    fake.write_text('#!/bin/sh\ncase "$*" in *help*) echo "virt  RISC-V VirtIO board";; *) printf "%s\\n" "$@";; esac\n')
    fake.chmod(0o755)
    build("monolithic")  # in turn with other tests' builds of it, as every build of this tree
    status, text = make("run", f"QEMU={fake}", "SMP=3", "MEM=77M", f"APPEND={append}", f"DISK={disk}")
    assert status == 0, text
    lines = text.split("\n")
    assert append in lines and "3" in lines and "77M" in lines, text
    assert any("a,,b.img" in line for line in lines), text


def test_run_builds_with_every_core():
    _, text = make("-n", "run", "KERNEL=unikernel", "APP=hello")
    command = next(line for line in text.split("\n") if "run-files" in line)
    assert f"-j{os.cpu_count()}" in shlex.split(command) or f"-j{len(os.sched_getaffinity(0))}" in shlex.split(command)


def test_hypervisor_without_a_guest_set_runs_two_of_our_kernels():
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    for words in ({"kernel": "hypervisor"}, {"kernel": "monolithic"}, {"kernel": "unikernel", "APP": "hello"}):
        build(**words)  # in turn with other tests' builds
    run = pexpect.spawn("make", ["--no-print-directory", "run", "KERNEL=hypervisor"], cwd=ROOT, env=env, encoding="utf-8", timeout=1800)
    run.expect("hello\\| .*Hello from Trine!")
    run.expect("shell\\| root@trine:~# ")
    run.sendline("echo $((6*7))x; poweroff")
    run.expect("shell\\| 42x")
    run.expect("guest shell: powered off")
    run.expect(pexpect.EOF)
    assert run.wait() == 0


@pytest.mark.parametrize("goal, component, reason", [
    ("host-test", "core/nosuch", "no component"), ("fuzz", "core/nosuch", "no component"), ("prove", "core/nosuch", "no component"),
    ("host-test", "core/power", "has no test/*_test.c"), ("fuzz", "core/power", "has no test/*_fuzz.c"),
])
def test_component_without_anything_to_run_is_told(goal, component, reason):
    status, text = make(goal, f"COMPONENT={component}")
    assert status != 0 and component in text and reason in text, text
    for programs in ("programs.txt", "fuzz-programs.txt"):  # what the other tests run is still all there is
        with open(f"{ROOT}/out/host/{programs}") as f:
            assert len(f.read().split()) > 10


def test_no_network_and_nothing_in_the_cache_is_a_line(tmp_path):
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 100\n")
    apt.chmod(0o755)
    env = {**os.environ, "TRINE_CACHE": str(tmp_path / "cache"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT + "/tools/initrd.py", str(tmp_path / "busybox.cpio")], capture_output=True, text=True, env=env)
    assert done.returncode == 1 and "error: " in done.stderr and "Traceback" not in done.stderr, done.stderr


def fake_qemu(folder):
    fake = folder / "qemu"  # knows the machine, and shows what it is given
    fake.write_text('#!/bin/sh\ncase "$*" in *help*) echo "virt  RISC-V VirtIO board";; *--version*) echo version 9;; '
                    '*) printf "%s\\n" "$@";; esac\n')
    fake.chmod(0o755)
    return fake


def run_py(folder, *words, **how):
    return subprocess.run([ROOT + "/tools/run.py", "/image", f"qemu={fake_qemu(folder)}", *words], cwd=ROOT, text=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **{"stdin": subprocess.DEVNULL, **how}).stdout


def test_flash_file_of_the_user_stays_as_it_is(tmp_path):
    short, bank = tmp_path / f"a,note-{os.getpid()}.txt", tmp_path / "bank"
    short.write_bytes(b"a note")
    text = run_py(tmp_path, f"pflash={short}")
    copy = re.search(r"makes anew, (\S+);", text).group(1)
    assert short.read_bytes() == b"a note" and f"PFLASH={copy} goes on" in text and "file=" + copy.replace(',', ',,') + ',' in text, text
    with open(os.path.join(ROOT, copy), "rb") as f:
        assert f.read() == b"a note".ljust(32 << 20, b"\xff")
    os.unlink(os.path.join(ROOT, copy))
    bank.write_bytes(b"\0" * (32 << 20))
    text = run_py(tmp_path, f"pflash={bank}")
    assert "is the bank itself" in text and f"file={bank}," in text, text


def test_copy_of_a_flash_file_is_in_the_folder_of_the_build(tmp_path):
    note = tmp_path / f"note-{os.getpid()}"
    note.write_bytes(b"a note")
    text = run_py(tmp_path, f"pflash={note}", env={**os.environ, "TRINE_OUT": str(tmp_path / "elsewhere")})
    assert (tmp_path / "elsewhere/pflash" / note.name).stat().st_size == 32 << 20, text
    assert not os.path.exists(os.path.join(ROOT, "out/pflash", note.name))


def test_flash_file_that_cannot_be_written_may_be_short(tmp_path):
    note = tmp_path / "note"
    note.write_bytes(b"a note")
    done = subprocess.run([ROOT + "/tools/run.py", "--check", "/image", f"pflash={note}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_terminal_is_as_large_as_the_window(tmp_path):
    """tty.size= stands in front of the words for init; without a terminal there is no such word."""
    command = [ROOT + "/tools/run.py", "--size", "/image", f"qemu={fake_qemu(tmp_path)}", "append=quiet -- x"]
    run = pexpect.spawn(command[0], command[1:], encoding="utf-8", dimensions=(37, 111), timeout=600)
    run.expect("tty.size=37x111 quiet -- x\r*\n")
    run.expect(pexpect.EOF)
    assert "tty.size" not in run_py(tmp_path, "--size", "append=quiet")


def test_emulator_outside_path_is_not_called_missing(tmp_path):
    """Its package is installed; apt would be no use."""
    for folder in ("/usr/bin", "/bin"):
        for name in os.listdir(folder):
            if name != "qemu-system-riscv64" and not (tmp_path / name).exists():
                os.symlink(f"{folder}/{name}", tmp_path / name)
    done = subprocess.run([ROOT + "/tools/setup.sh", "run"], capture_output=True, text=True, env={**os.environ, "PATH": str(tmp_path)}, check=False)
    assert done.returncode == 1 and done.stdout == "" and "qemu-system-riscv64 is not in PATH, although" in done.stderr, done.stderr
    env = {**os.environ, "PATH": str(tmp_path), "RUN_QEMU": "/opt/qemu"}
    assert subprocess.run([ROOT + "/tools/setup.sh", "run"], env=env, check=False).returncode == 0


@pytest.mark.parametrize("command, says", [
    ("tools/guests.py {0}/x.cpio {0}/bad.dts a=b", "syntax error"), ("tools/guests.py {0}/x.cpio {0}/no.dts a=b", "no.dts"),
    ("tools/guests.py {0}/x.cpio {0}/bad.dts a", "error: a: not NAME=WHAT"), ("tools/profile.py /no /no", "'/no': No such file"),
    ("tools/initrd.py --add /no=/x {0}/x.cpio", "error: /no: No such file or directory"), ("tools/tour.py x9", "error: no rung x9; there are: u1"),
])
def test_tools_show_no_tracebacks(tmp_path, command, says):
    (tmp_path / "bad.dts").write_text("/dts-v1/; / { bad")
    done = subprocess.run(command.format(tmp_path).split(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and says in done.stderr and done.stderr.startswith("error: ") and "Traceback" not in done.stderr, done.stderr


@pytest.mark.skipif(not shutil.which("clang-format-14"), reason="no clang-format-14")
def test_sources_are_as_format_leaves_them():
    """make format's rule, without the writing."""
    files = subprocess.run("git ls-files '*.c' '*.h' | xargs grep -LE '^ *\\.macro'", shell=True, cwd=ROOT, capture_output=True, text=True,
                           check=True).stdout.split()
    done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "make format changes: " + " ".join(sorted({line.split(":")[0] for line in done.stderr.split("\n") if "error:" in line}))
