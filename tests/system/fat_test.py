"""FAT as BusyBox uses it: a disk is mounted in the shell, filled, checked on the host by fsck.fat and mtools."""
import hashlib
import os
import random
import select
import subprocess
import time

import pytest


def tool(name):
    return next(p for p in (f"/usr/sbin/{name}", f"/sbin/{name}") if os.path.exists(p))


def make_disk(path, width):
    size = {12: 4096, 16: 16384, 32: 65536}[width]
    subprocess.run([tool("mkfs.fat"), "-C", "-F", str(width), *(["-s", "1"] if width == 32 else []), path, str(size)],
                   check=True, stdout=subprocess.DEVNULL)


def mount(shell, options=""):
    # vda as Linux numbers it; devtmpfs may have made the node already.
    shell.run("mkdir -p /mnt; [ -b /dev/vda ] || mknod /dev/vda b 254 0")
    return shell.run(f"mount -t vfat {options} /dev/vda /mnt")


@pytest.mark.parametrize("width", [12, 16, 32])
def test_a_disk_that_others_read(fresh_shell, tmp_path, width):
    image = str(tmp_path / "disk.img")
    make_disk(image, width)
    (tmp_path / "from-host").write_text("written on the host\n" * 1000)
    subprocess.run(["mcopy", "-i", image, str(tmp_path / "from-host"), "::/From the host.text"], check=True)

    shell = fresh_shell(disk=image, smp=2)
    assert mount(shell)[1] == 0
    assert shell.run("md5sum < '/mnt/from the HOST.TEXT'")[0].split()[0] == \
        hashlib.md5(b"written on the host\n" * 1000).hexdigest()
    assert shell.run("mkdir -p /mnt/deep/er/and && seq 1 20000 > '/mnt/deep/er/some numbers' "
                     "&& mv /mnt/deep/er /mnt/Moved && cp '/mnt/From the host.text' /mnt/copy && rm '/mnt/From the host.text'")[1] == 0
    # More than a hundred names, so that directories grow.
    assert shell.run("cd /mnt/Moved/and; for i in $(seq 150); do echo $i > \"file number $i\"; done; "
                     "for i in $(seq 1 2 150); do rm \"FILE number $i\"; done; ls | wc -l; cd /")[0] == "75"
    assert shell.run("df /mnt | tail -1 | wc -l")[0] == "1"
    assert shell.run("umount /mnt")[1] == 0
    assert mount(shell, "-o ro")[1] == 0
    assert shell.run("cat '/mnt/Moved/and/file number 150'")[0] == "150"
    assert shell.run("echo x > /mnt/new")[1] != 0
    assert shell.run("umount /mnt")[1] == 0

    checked = subprocess.run([tool("fsck.fat"), "-n", image], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    numbers = subprocess.run(["mtype", "-i", image, "::/Moved/some numbers"], capture_output=True, check=True).stdout
    assert numbers == b"".join(b"%d\n" % i for i in range(1, 20001))
    assert subprocess.run(["mtype", "-i", image, "::/copy"], capture_output=True, check=True).stdout == b"written on the host\n" * 1000


def test_what_is_no_file_system_is_refused(fresh_shell, tmp_path):
    image = tmp_path / "noise.img"
    image.write_bytes(hashlib.sha512(b"noise").digest() * 16384)
    shell = fresh_shell(disk=str(image))
    output, status = mount(shell)
    assert status != 0 and "mount" in output
    assert shell.run("echo alive")[0] == "alive"


def test_sync_is_enough(fresh_shell, tmp_path):
    """What was synced is on the disk when the machine stops without another word."""
    image = str(tmp_path / "disk.img")
    make_disk(image, 16)
    shell = fresh_shell(disk=image)
    assert mount(shell)[1] == 0
    assert shell.run("seq 1 5000 > /mnt/kept; sync")[1] == 0
    shell.machine.close()
    checked = subprocess.run([tool("fsck.fat"), "-n", image], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    kept = subprocess.run(["mtype", "-i", image, "::/kept"], capture_output=True, check=True).stdout
    assert kept == b"".join(b"%d\n" % i for i in range(1, 5001))


def test_a_file_larger_than_memory(fresh_shell, tmp_path):
    """Written pages go to the disk, and read ones out of memory, before it is full."""
    image = str(tmp_path / "disk.img")
    subprocess.run([tool("mkfs.fat"), "-C", "-F", "32", image, "200000"], check=True, stdout=subprocess.DEVNULL)
    shell = fresh_shell(disk=image, mem="64M")
    assert mount(shell)[1] == 0
    assert shell.run("seq 1 150000 > /tmp/piece; for i in $(seq 80); do cat /tmp/piece; done > /mnt/large", timeout=900)[1] == 0
    expected = hashlib.md5(b"".join(b"%d\n" % i for i in range(1, 150001)) * 80).hexdigest()
    assert shell.run("md5sum < /mnt/large", timeout=900)[0].split()[0] == expected
    assert shell.run("umount /mnt")[1] == 0
    checked = subprocess.run([tool("fsck.fat"), "-n", image], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def requests(shell):
    """Of vda so far: reads and writes."""
    fields = next(line for line in shell.run("cat /proc/diskstats")[0].split("\n") if " vda " in line).split()
    return int(fields[3]), int(fields[7])


def test_pages_go_together(fresh_shell, tmp_path):
    """A mebibyte is 256 pages; who reads or writes them in sequence needs an eighth as many requests. Who jumps has page after page."""
    image = str(tmp_path / "disk.img")
    make_disk(image, 32)
    data = random.Random(3).randbytes(1 << 20)
    (tmp_path / "file").write_bytes(data)
    subprocess.run(["mcopy", "-i", image, str(tmp_path / "file"), "::/file"], check=True)
    shell = fresh_shell(disk=image)
    assert mount(shell)[1] == 0
    before = requests(shell)
    assert shell.run("for i in 250 200 150 100; do dd if=/mnt/file of=/dev/null bs=4k skip=$i count=1 2> /dev/null; done")[1] == 0
    jumped = requests(shell)
    assert jumped[0] - before[0] < 16
    assert shell.run("md5sum < /mnt/file")[0].split()[0] == hashlib.md5(data).hexdigest()
    read = requests(shell)
    assert shell.run("cp /mnt/file /mnt/copy; sync")[1] == 0
    written = requests(shell)
    print(f"requests for 1 MiB: {read[0] - jumped[0]} reads, {written[1] - read[1]} writes")
    assert read[0] - jumped[0] <= 32
    assert written[1] - read[1] <= 48
    assert shell.run("umount /mnt")[1] == 0
    assert subprocess.run(["mtype", "-i", image, "::/copy"], capture_output=True, check=True).stdout == data


def test_damaged_disks(fresh_shell, tmp_path):
    """Four disks whose tables and directories lost bits: whatever the answers are, the kernel lives."""
    chance = random.Random(1)
    disks = []
    for i in range(4):
        image = str(tmp_path / f"disk{i}.img")
        make_disk(image, (12, 16, 32)[i % 3])
        for folder in ("one", "one/two"):
            subprocess.run(["mmd", "-i", image, f"::/{folder}"], check=True)
        for name in ("a long name.text", "one/B.TXT", "one/two/third"):
            subprocess.run(["mcopy", "-i", image, "/proc/self/status", f"::/{name}"], check=True)
        with open(image, "r+b") as f:
            data = bytearray(f.read())
            used = [at for at in range(512, 1 << 20) if data[at]]  # not the boot sector: most of it is refused at once
            for at in chance.sample(used, 3 + 6 * i):
                data[at] ^= 1 << chance.randrange(8)
            f.seek(0)
            f.write(data)
        disks.append(image)
    shell = fresh_shell(disk=disks)
    for i in range(len(disks)):
        name = f"/dev/vd{'abcdefg'[i]}"
        shell.run(f"mkdir -p /mnt; [ -b {name} ] || mknod {name} b 254 {16 * i}")
        shell.run(f"mount -t vfat {name} /mnt && (find /mnt -type f | xargs md5sum; ls -lR /mnt; echo x > /mnt/new; "
                  "mkdir /mnt/one/more; mv /mnt/one/two /mnt/moved; rm -r /mnt/*) > /dev/null 2>&1; sync; umount /mnt")
        assert shell.run("grep -c /mnt /proc/mounts")[0] == "0"
    assert shell.run("echo alive")[0] == "alive"


def test_written_data_reaches_the_disk_by_itself(fresh_shell, tmp_path):
    """Nobody syncs; the shell waits for input. Half a minute later the disk has it; the limit is for a busy host."""
    image = str(tmp_path / "disk.img")
    make_disk(image, 16)
    shell = fresh_shell(disk=image)
    assert mount(shell)[1] == 0
    for text in ("first", "second"):
        assert shell.run(f"echo {text} > /mnt/{text}")[1] == 0
        end = time.monotonic() + 300
        while True:
            found = subprocess.run(["mtype", "-i", image, f"::/{text}"], capture_output=True)
            if found.stdout == text.encode() + b"\n":
                break
            assert time.monotonic() < end, f"{text}: not on the disk"
            select.select([], [], [], 0.5)
    # What lies there is whole, and soon marked so: the mark follows what it speaks of.
    end = time.monotonic() + 300
    while (check := subprocess.run([tool("fsck.fat"), "-n", image], capture_output=True)).returncode != 0:
        assert time.monotonic() < end, check.stdout
        select.select([], [], [], 0.5)
