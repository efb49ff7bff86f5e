"""Drivers against QEMU's devices: what they did is checked on the host's side afterwards."""
import hashlib
import os
import struct

import pytest

from conftest import ktest
from trine.machine import Machine, build

SECTOR = 512
MIB = 1 << 20


def scratch(path, size=4 * MIB):
    with open(path, "wb") as f:
        f.write(b"trine-scratch")
        f.truncate(size)
    return str(path)


def drive(path, name, device="virtio-blk-device", options=""):
    return f"-drive file={path},format=raw,if=none,id={name} -device {device},drive={name}{options} "


def pattern(first, count, salt):
    return bytes((i * 7 + i // SECTOR * 13 + salt) & 255 for i in range(first * SECTOR, (first + count) * SECTOR))


def check_image(path):
    """The last writers of each range, from drivers/blockdev/test/blockdev_ktest.c."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:13] == b"trine-scratch"
    assert data[13:64 * SECTOR] == bytes(64 * SECTOR - 13)
    assert data[64 * SECTOR:576 * SECTOR] == pattern(64, 512, 1)
    whole = pattern(1024, 1600, 2)
    for request in range(200):  # eight sectors each, last first
        for sector in range(8):
            at = 1024 + request * 8 + sector
            source = (request * 8 + 7 - sector) * SECTOR
            assert data[at * SECTOR:(at + 1) * SECTOR] == whole[source:source + SECTOR], f"sector {at}"
    for thread in range(4):
        at = 2700 + thread * 32
        assert data[at * SECTOR:(at + 32) * SECTOR] == pattern(at, 32, thread * 100 + 49), f"thread {thread}"


@pytest.mark.parametrize("smp", [1, 4])
def test_disks_on_both_buses(tmp_path, smp):
    """Many requests, several threads, one disk on each bus; the images hold exactly what was written."""
    a, b = scratch(tmp_path / "a"), scratch(tmp_path / "b")
    results, _ = ktest("block_", extra=drive(a, "d0") + drive(b, "d1", "virtio-blk-pci"), smp=smp)
    for name in ("block_write_flush_read", "block_many_in_flight", "block_from_several_threads"):
        assert results[name] == "ok"
    check_image(a)
    check_image(b)


@pytest.mark.parametrize("options", [
    "indirect_desc=off", "event_idx=off", "indirect_desc=off,event_idx=off,queue-size=8", "queue-size=4",
    "config-wce=off,write-cache=off", "num-queues=4"])
@pytest.mark.parametrize("device", ["virtio-blk-device", "virtio-blk-pci"])
def test_devices_with_fewer_features(tmp_path, device, options):
    disk = scratch(tmp_path / "disk")
    results, _ = ktest("block_", extra=drive(disk, "d0", device, "," + options), smp=2)
    assert results["block_write_flush_read"] == "ok"
    assert results["block_from_several_threads"] == "ok"
    if results["block_many_in_flight"] == "ok" and "queue-size" not in options:
        check_image(disk)


def test_discard(tmp_path):
    disk = scratch(tmp_path / "disk")
    with open(disk, "r+b") as f:
        f.seek(3072 * SECTOR)
        f.write(b"x" * 512 * SECTOR)
        f.flush()
        os.fsync(f.fileno())  # a file system may give it blocks no sooner
    before = os.stat(disk).st_blocks
    results, _ = ktest("block_discard", extra=f"-drive file={disk},format=raw,if=none,id=d0,discard=unmap -device virtio-blk-device,drive=d0")
    assert results["block_discard_where_offered"] == "ok"
    assert os.stat(disk).st_blocks < before, "nothing was given back to the host's file system"


def test_read_only_disk(tmp_path):
    disk = scratch(tmp_path / "disk")
    results, text = ktest("block_read_only", extra=f"-drive file={disk},format=raw,if=none,id=d0,readonly=on -device virtio-blk-pci,drive=d0")
    assert results["block_read_only_is_refused"] == "ok"
    assert "read-only" in text


def test_large_blocks(tmp_path):
    disk = scratch(tmp_path / "disk")
    results, text = ktest("block_write", extra=drive(disk, "d0", options=",logical_block_size=4096,physical_block_size=4096"))
    assert results["block_write_flush_read"] == "ok"
    assert "block size 4096" in text
    with open(disk, "rb") as f:
        assert f.read()[64 * SECTOR:576 * SECTOR] == pattern(64, 512, 1)


@pytest.mark.parametrize("what", ["read", "write", "flush"])
def test_a_disk_that_errors(tmp_path, what):
    """QEMU's blkdebug fails the host's I/O: the request ends with EIO and a line, and the kernel goes on."""
    disk = scratch(tmp_path / "disk")
    config = tmp_path / "blkdebug.conf"
    config.write_text(f'[inject-error]\nevent = "none"\nerrno = "5"\niotype = "{what}"\n' +
                      ("" if what == "flush" else 'sector = "40"\n'))
    extra = (f"-drive driver=raw,file.driver=blkdebug,file.config={config},file.image.driver=file,"
             f"file.image.filename={disk},if=none,id=d0 -device virtio-blk-device,drive=d0")
    with Machine(build("unikernel", APP="tour/u8-block")[1], extra=extra) as machine:
        text, status = machine.wait()
    assert f"vda: {what} of " in text and "failed: error 5" in text, text
    assert "vda: error 5" in text
    assert "panic" not in text
    assert status == 1, "a failure is told by the machine's exit status"


def test_legacy_device_is_named():
    with Machine(build("unikernel", APP="tour/u8-block")[1],
                 extra="-global virtio-mmio.force-legacy=true -device virtio-rng-device") as machine:
        text, _ = machine.wait()
    assert "legacy virtio device, not supported; start QEMU with -global virtio-mmio.force-legacy=false" in text


def mbr(entries, signature=True):
    sector = bytearray(SECTOR)
    for i, (kind, first, count) in enumerate(entries):
        sector[446 + 16 * i + 4] = kind
        sector[446 + 16 * i + 8:446 + 16 * i + 16] = struct.pack("<II", first, count)
    if signature:
        sector[510:512] = b"\x55\xaa"
    return bytes(sector)


def test_partitions(tmp_path):
    disk = tmp_path / "disk"
    with open(disk, "wb") as f:
        f.write(mbr([(0x83, 2048, 1024), (0x0c, 3072, 1000), (0x83, 4096, 100000), (0x83, 3500, 10)]))
        f.truncate(4 * MIB)
    results, text = ktest("block_partitions", extra=drive(disk, "d0"))
    assert results["block_partitions"] == "ok"
    assert "vda1: sectors 2048 to 3071" in text and "vda2: sectors 3072 to 4071" in text
    assert "vda: partition 3 not used: reaches beyond the disk" in text
    assert "vda: partition 4 not used: overlaps another" in text


@pytest.mark.parametrize("device", ["virtio-rng-device", "virtio-rng-pci"])
def test_entropy_device(device):
    results, _ = ktest("random", extra=f"-device {device}")
    assert results["random_differs"] == "ok"


def test_flash(tmp_path):
    bank = tmp_path / "flash"
    with open(bank, "wb") as f:
        f.write(b"trine-scratch".ljust(32 * MIB, b"\xff"))
    results, _ = ktest("pflash", pflash=str(bank))
    assert results["pflash_erase_program_write"] == "ok"
    assert results["pflash_refuses"] == "ok"
    with open(bank, "rb") as f:
        data = f.read()
    last = 32 * MIB - 256 * 1024
    written = bytearray((i * 11 + i // 256) & 255 for i in range(4095))
    written[1020:1027] = b"seven !"
    expected = bytearray(b"trine-scratch".ljust(32 * MIB, b"\xff"))
    expected[last - 1023:last - 1023 + 4095] = written
    assert data == bytes(expected)


@pytest.mark.parametrize("aia", ["aplic", "aplic-imsic"])
@pytest.mark.parametrize("smp", [1, 4])
def test_interrupts_by_the_advanced_architecture(tmp_path, fresh_shell, aia, smp):
    """Input from the UART and a disk on virtio-mmio, both by interrupt, without a PLIC."""
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(range(256)) * 8192)
    shell = fresh_shell(machine="virt,aia=" + aia, smp=smp, disk=str(disk))
    assert shell.run("md5sum < /dev/vda")[0].split()[0] == hashlib.md5(disk.read_bytes()).hexdigest()
    assert shell.run("seq 1 100 | tail -1; echo typed")[0] == "100\ntyped"
