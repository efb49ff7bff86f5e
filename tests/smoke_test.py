"""The three kernels build and boot."""
import os
import subprocess

from trine.machine import ROOT, Machine, build


def initrd():
    subprocess.run(["make", "-s", "out/busybox.cpio", "KERNEL=monolithic"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(ROOT, "out/busybox.cpio")


def test_unikernel_says_hello():
    _, image = build("unikernel", APP="hello")
    with Machine(image, mem="128M") as machine:
        machine.expect(r"Hello")
        machine.wait()


def test_monolithic_gives_a_shell():
    _, image = build("monolithic")
    with Machine(image, mem="128M", initrd=initrd()) as machine:
        machine.expect(r"# ")
        machine.line("echo $((6*7))x")
        machine.expect(r"42x")
        machine.line("poweroff -f")
        machine.wait()


def test_hypervisor_boots():
    _, image = build("hypervisor")
    with Machine(image, mem="256M") as machine:
        machine.expect(r"no guests")
        _, status = machine.wait()
    assert status == 1, "nothing to run is a failure, which the exit status tells"
