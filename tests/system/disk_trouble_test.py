"""Disks that fail, are full, are read-only, or do not answer: an error for the program, a line for the reader, nothing lost."""
import hashlib
import os
import subprocess

import pytest

from conftest import busybox_initrd, compiled
from fat_test import make_disk, mount, tool
from trine.nbd import SilentDisk

pytestmark = pytest.mark.skipif("TRINE_KERNEL" in os.environ, reason="the lines of the log are Trine's")

FILE = b"what the host has written\n" * 4000


@pytest.fixture
def disk(tmp_path):
    path = str(tmp_path / "disk.img")
    make_disk(path, 16)
    (tmp_path / "file").write_bytes(FILE)
    subprocess.run(["mcopy", "-i", path, str(tmp_path / "file"), "::/file"], check=True)
    return path


def clean(path):
    checked = subprocess.run([tool("fsck.fat"), "-n", path], capture_output=True, text=True)
    return checked.returncode == 0 or checked.stdout + checked.stderr


def failing(path, *rules):
    """A disk of which some requests fail: rules as QEMU's blkdebug has them."""
    injected = ", ".join('{"event": "none", %s}' % rule for rule in rules)
    return ["-blockdev", f"driver=file,filename={path},node-name=f",
            "-blockdev", '{"driver": "blkdebug", "image": "f", "node-name": "b", "inject-error": [%s]}' % injected,
            "-device", "virtio-blk-device,drive=b"]


def test_a_disk_that_stops_answering_is_not_waited_for(fresh_shell, tmp_path, disk):
    with open(disk, "rb") as f:
        server = SilentDisk(str(tmp_path / "socket"), f.read())
    extra = ["-drive", f"file=nbd:unix:{tmp_path}/socket,format=raw,if=none,id=d", "-device", "virtio-blk-device,drive=d"]
    shell = fresh_shell(extra=extra, append="console=ttyS0 quiet disk_timeout=5")
    try:
        assert mount(shell)[1] == 0
        assert shell.run("echo kept > /mnt/kept; sync")[1] == 0
        server.answers.clear()
        output, status = shell.run("md5sum /mnt/file")
        assert status != 0 and "error" in output
        assert output.count("vda: no answer for 5 seconds: requests fail until there is one") == 1, output
        # From now on nothing waits, many times over (less than one wait for each of sixteen), and what the device still has is not given to others.
        output, status = shell.run("for i in 1 2 3 4 5 6 7 8; do cat /mnt/file /dev/vda > /dev/null; done; echo lost > /mnt/new", timeout=75)
        assert status != 0 and "no answer" not in output, output
        server.answers.set()
        shell.machine.expect("vda: answers again")
        assert shell.run("md5sum < /mnt/file")[0].split()[0] == hashlib.md5(FILE).hexdigest()
        assert shell.run("cat /mnt/kept")[0] == "kept"
        assert shell.run("echo more > /mnt/more; umount /mnt")[1] == 0
        assert mount(shell)[1] == 0
        assert shell.run("cat /mnt/more; umount /mnt")[0] == "more"
        with open(disk, "wb") as f:
            f.write(server.data)
        assert clean(disk) is True
    finally:
        server.close()


def test_who_waits_for_a_disk_holds_up_nobody(fresh_shell, tmp_path, disk):
    """A thread in a page fault of a file, and others of its process that map, fault and read what is in memory."""
    with open(disk, "rb") as f:
        server = SilentDisk(str(tmp_path / "socket"), f.read())
    program = compiled("slow_fault", "-O2", "-static", "-pthread")
    shell = fresh_shell(extra=["-drive", f"file=nbd:unix:{tmp_path}/socket,format=raw,if=none,id=d", "-device", "virtio-blk-device,drive=d"],
                        initrd=busybox_initrd("slow-fault.cpio", "--add", program + "=/slow_fault"), append="console=ttyS0 quiet disk_timeout=600", smp=2)
    try:
        assert mount(shell)[1] == 0
        shell.machine.line("/slow_fault /mnt/file")
        shell.machine.expect("ready")
        server.answers.clear()
        shell.machine.line("")
        shell.machine.expect("nobody else waits")
        server.answers.set()
        shell.machine.expect(f"byte {FILE[20 * 4096 + 7]}\\D")
    finally:
        server.close()


def test_a_boot_with_a_disk_that_does_not_answer(fresh_shell, disk):
    """One byte a second: QEMU takes a request now and then."""
    extra = ["-drive", f"file={disk},format=raw,if=none,id=d,throttling.bps-total=1", "-device", "virtio-blk-device,drive=d"]
    shell = fresh_shell(extra=extra, append="console=ttyS0 quiet disk_timeout=1")
    assert "vda: no answer for 1 seconds" in shell.machine.text
    assert shell.run("dd if=/dev/vda of=/dev/null count=1")[1] != 0
    assert shell.run("echo alive")[0] == "alive"


def test_reads_that_fail(fresh_shell, disk):
    shell = fresh_shell(extra=failing(disk, '"iotype": "read", "errno": 5, "sector": 200'))
    assert mount(shell)[1] == 0
    output, status = shell.run("cat /mnt/file > /tmp/copy")
    assert status != 0 and "vda: read of" in output and "error 5" in output
    output, status = shell.run("dd if=/dev/vda of=/dev/null bs=512 skip=200 count=1")
    assert status != 0 and "Input/output error" in output
    assert shell.run("umount /mnt")[1] == 0
    assert clean(disk) is True


@pytest.mark.parametrize("what", ['"iotype": "write", "errno": 5', '"iotype": "flush", "errno": 5'])
def test_writes_that_fail(fresh_shell, disk, what):
    shell = fresh_shell(extra=failing(disk, what))
    assert mount(shell)[1] == 0
    output, status = shell.run("dd if=/dev/zero of=/mnt/new bs=4k count=20 conv=fsync")
    assert status != 0 and "failed: error 5" in output, output
    output, status = shell.run("dd if=/dev/zero of=/dev/vda bs=4k seek=3000 count=4 conv=fsync")
    assert status != 0 and "failed: error 5" in output, output
    assert shell.run("md5sum < /mnt/file")[0].split()[0] == hashlib.md5(FILE).hexdigest()
    assert shell.run("umount /mnt")[1] == 0
    assert shell.run("echo alive")[0] == "alive"


def test_data_that_cannot_be_written_is_said_to_be_lost(fresh_shell, disk):
    shell = fresh_shell(extra=failing(disk, *('"iotype": "write", "errno": 5, "sector": %d' % sector for sector in range(1000, 1008))))
    assert mount(shell)[1] == 0
    assert shell.run("dd if=/dev/zero of=/mnt/new bs=64k count=16")[1] == 0  # in memory only
    shell.run("umount /mnt")
    output = shell.machine.text  # all of it: on a busy host the flusher may come first
    assert "vda: write of" in output and "lost" in output, output
    assert shell.run("echo alive")[0] == "alive"


def test_a_full_disk(fresh_shell, disk):
    shell = fresh_shell(disk=disk)
    assert mount(shell)[1] == 0
    output, status = shell.run("dd if=/dev/zero of=/mnt/large bs=64k")
    assert status != 0 and "No space left on device" in output
    assert shell.run("echo more > /mnt/more; cat /mnt/more")[1] != 0 or shell.run("cat /mnt/more")[0] == "more"
    output, status = shell.run("i=0; while mkdir /mnt/dir$i 2>/dev/null; do i=$((i+1)); done; mkdir /mnt/one")
    assert status != 0 and "No space left on device" in output
    assert shell.run("md5sum < /mnt/file")[0].split()[0] == hashlib.md5(FILE).hexdigest()
    assert shell.run("rm -rf /mnt/large /mnt/dir*; cp /mnt/file /mnt/again; umount /mnt")[1] == 0
    assert clean(disk) is True
    assert subprocess.run(["mtype", "-i", disk, "::/again"], capture_output=True, check=True).stdout == FILE


def test_a_read_only_disk(fresh_shell, disk):
    shell = fresh_shell(extra=["-drive", f"file={disk},format=raw,if=none,id=d,readonly=on", "-device", "virtio-blk-device,drive=d"])
    assert mount(shell)[1] == 0
    for command in ("echo x > /mnt/new", "rm -f /mnt/file", "mkdir /mnt/d", "mv -f /mnt/file /mnt/other", "touch /mnt/file",
                    "dd if=/dev/zero of=/dev/vda count=1"):
        output, status = shell.run(command)
        assert status != 0 and "Read-only file system" in output, (command, output)
    assert shell.run("md5sum < /mnt/file")[0].split()[0] == hashlib.md5(FILE).hexdigest()
    assert shell.run("umount /mnt")[1] == 0
