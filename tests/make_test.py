"""`make run` as the user meets it: wrong values are named and build nothing, right ones reach QEMU as they were typed."""
import os
import shlex
import subprocess

import pexpect
import pytest

from trine.machine import ROOT, build


def make(*words):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    done = subprocess.run(["make", "--no-print-directory", *words], cwd=ROOT, capture_output=True, text=True, env=env,
                          stdin=subprocess.DEVNULL, timeout=600)
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


def test_application_for_another_kernel_is_said():
    status, text = make("-n", "image", "APP=hello")
    assert status == 0 and "APP=hello is for KERNEL=unikernel" in text


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
    run = pexpect.spawn("make", ["--no-print-directory", "run", "KERNEL=hypervisor"], cwd=ROOT, env=env, encoding="utf-8", timeout=600)
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
