"""Debian's BusyBox as the user meets it: an interactive shell with everything a shell needs of a kernel."""
import hashlib
import re

import pytest

from conftest import FRONT


def MD5(text):
    return hashlib.md5(text.encode()).hexdigest() + "  -"



@pytest.mark.parametrize("command,expected", [
    ("echo hello world", "hello world"),
    ("echo $((6 * 7))", "42"),
    ("echo a b c | wc -w", "3"),
    ("seq 1 1000 | sort -rn | head -3", "1000\n999\n998"),
    ("seq 1 20000 | md5sum", MD5("".join(f"{i}\n" for i in range(1, 20001)))),
    ("echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f", "one\ntwo"),
    ("printf 'one\\ntwo\\n' > /tmp/g; cat < /tmp/g | while read x; do echo \"[$x]\"; done", "[one]\n[two]"),
    ("(echo err >&2) 2>&1 | tr a-z A-Z", "ERR"),
    ("false || echo no", "no"),
    ("sh -c 'exit 37'; echo $?", "37"),
    ("sh -c 'kill -9 $$'; echo $?", "Killed\n137"),
    ("sh -c 'kill -SEGV $$' 2>/dev/null; echo $?", "139"),
    ("x=$(echo inner); echo $x$(echo $(echo deep))", "innerdeep"),
    ("cat <<E\nhere $((1+1))\nE", "here 2"),
    ("nosuchcommand 2>/dev/null; echo $?", "127"),
    ("/etc/passwd 2>/dev/null; echo $?", "126"),
    ("trap 'echo caught' USR1; kill -USR1 $$; trap - USR1", "caught"),
    ("mkdir -p /tmp/a/b && touch /tmp/a/b/c && ls -R /tmp/a && rm -r /tmp/a", "/tmp/a:\nb\n\n/tmp/a/b:\nc"),
    ("mkdir -p /tmp/d/b; touch /tmp/d/b/c; ln -s b /tmp/d/l && ls /tmp/d/l/ && readlink /tmp/d/l", "c\nb"),
    ("touch /tmp/hard && ln /tmp/hard /tmp/hard2 && stat -c %h /tmp/hard2", "2"),
    ("mkdir -p /tmp/e/b; touch /tmp/e/b/c; mv /tmp/e/b /tmp/z && ls /tmp/z && rm -r /tmp/e /tmp/z; ls -d /tmp/e 2>/dev/null; echo $?", "c\n1"),
    ("cd /usr/bin && pwd && cd - && cd", "/usr/bin\n/root"),
    ("dd if=/dev/zero of=/tmp/big bs=4096 count=512 2>/dev/null; stat -c %s /tmp/big; rm /tmp/big", "2097152"),
    ("dd if=/dev/zero bs=1024 seek=1000 count=1 of=/tmp/sparse 2>/dev/null; stat -c '%s' /tmp/sparse; md5sum < /tmp/sparse; rm /tmp/sparse",
     "1025024\n" + MD5("\0" * 1025024)),
    ("mkfifo /tmp/p; (echo through > /tmp/p &) ; cat /tmp/p; rm /tmp/p", "through"),
    ("mkfifo /tmp/q; i=0; while [ $i -lt 30 ]; do i=$((i+1)); (echo x > /tmp/q &) ; cat /tmp/q; done | wc -l; rm /tmp/q",
     "30"),
    ("touch /tmp/m; chmod 640 /tmp/m; stat -c %a /tmp/m; rm /tmp/m", "640"),
    ("awk 'BEGIN { for (i = 0; i < 5; i++) s += i * i; print s }'", "30"),
    ("echo 'a,b;c' | sed 's/[,;]/-/g'", "a-b-c"),
    ("find /etc -xdev -name 'p*wd'", "/etc/passwd"),
    ("echo $(echo 1; exec echo 2)", "1 2"),
    ("yes | head -c 100000 | wc -c", "100000"),
    ("printf 'b\\na\\n' > /tmp/s; sort /tmp/s -o /tmp/s; cat /tmp/s; rm /tmp/s", "a\nb"),
    ("tar c -C / etc/passwd | tar t", "etc/passwd"),
    ("gzip -c /etc/passwd | gunzip | cmp - /etc/passwd && echo same", "same"),
    ("timeout 1 sleep 100; echo $?", "Terminated\n143"),
    ("umask 077; touch /tmp/u; stat -c %a /tmp/u; rm /tmp/u; umask 022", "600"),
    ("test -c /dev/null -a -d /proc/self && echo yes", "yes"),
    ("hostname", "trine"),
])
def test_command(shell, command, expected):
    output, _ = shell.run(command)
    assert output.strip() == expected.strip()


def test_interrupt_kills_the_foreground_only(shell):
    shell.start("sleep 1000")
    shell.machine.line("\x03")
    output, _ = shell.run("echo alive")
    assert output.endswith("alive")
    shell.until("ps | grep -v grep | grep -c 'sleep 1000'", "^0$")


def test_job_control(shell):
    shell.machine.line(FRONT)
    pid = shell.machine.expect(r"front (\d+)\r*\n").group(1)
    shell.machine.send("\x1a")
    shell.machine.expect(r"Stopped\s+sh -c")
    assert "Stopped" in shell.run("jobs")[0]
    assert re.search(r"^State:\s+T", shell.run(f"cat /proc/{pid}/status | grep State")[0], re.M)
    shell.machine.line("bg")
    shell.machine.expect(rf"back {pid}\r*\n")
    assert "Running" in shell.run("jobs")[0]
    shell.machine.line("fg")
    shell.machine.expect(rf"front {pid}\r*\n")
    shell.machine.send("\x03")
    shell.run("true")
    assert shell.run("jobs")[0].strip() == ""


def test_background_and_wait(shell):
    assert shell.run("(exit 5) & wait $!; echo status $?")[0].startswith("status 5")
    assert shell.run("for i in 1 2 3; do (echo $i) & done | sort; wait")[0].endswith("1\n2\n3")


def test_init_reaps_orphans(shell):
    shell.run("(sleep 0 &); (true &)")
    shell.until("pidof sleep; grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l", r"\A0\Z")


def test_line_editing(shell):
    shell.machine.send("echo abX\x7fc\n")
    shell.machine.expect(r"\nabc\r*\n")
    shell.start("cat")
    shell.machine.send("typed lime\x7f\x7fne\n")
    shell.machine.expect(r"\ntyped line\r*\n")
    shell.machine.send("\x04")
    assert shell.run("echo after")[0].endswith("after")


def test_proc(shell):
    assert re.search(r"^MemTotal:\s+\d+ kB", shell.run("cat /proc/meminfo")[0])
    assert shell.run("cat /proc/self/comm")[0] == "cat"
    assert shell.run("cat /proc/self/cmdline | tr '\\0' ' '; echo")[0].startswith("cat /proc")
    assert shell.run("readlink /proc/self/exe")[0] == "/bin/busybox"
    assert "stack" in shell.run("cat /proc/self/maps")[0]
    assert re.search(r"^cpu0? ", shell.run("cat /proc/stat")[0], re.M)
    assert "Linux version" in shell.run("cat /proc/version")[0]
    assert re.search(r"isa\s*:\s*rv64", shell.run("cat /proc/cpuinfo")[0])
    assert re.match(r"\d+\.\d\d \d+\.\d\d$", shell.run("cat /proc/uptime")[0])
    assert "proc /proc proc" in shell.run("cat /proc/mounts")[0]
    assert shell.run("/bin/busybox ls /proc/self/fd")[0].split() == ["0", "1", "2", "3"]
    assert shell.run("cat /proc/sys/kernel/ostype")[0] == "Linux"
    assert shell.run("cat /proc/nothing 2>/dev/null; echo $?")[0] == "1"


def test_sys(shell):
    assert shell.run("cat /sys/devices/system/cpu/online")[0] == "0"
    assert "ttyS0" in shell.run("ls /sys/class/tty")[0]


def test_tools_that_read_proc(shell):
    assert re.search(r"^\s*1 (root|0)\s+.*init", shell.run("ps")[0], re.M)
    assert re.search(r"Mem:\s+\d+\s+\d+", shell.run("free")[0])
    assert "load average" in shell.run("uptime")[0]
    assert "Mem:" in shell.run("top -b -n 1 | head -5")[0]
    assert re.search(r"/sys", shell.run("mount")[0])
    assert shell.run("df /dev | wc -l")[0].strip() == "2"
    assert "riscv64" in shell.run("uname -a")[0]


def test_many_processes(shell):
    assert shell.run("i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; echo $i", timeout=300)[0].endswith("200")
    assert shell.run("for i in $(seq 50); do sleep 0.2 & done; wait; echo all", timeout=300)[0].startswith("all")


def test_poweroff(fresh_shell):
    shell = fresh_shell()
    shell.machine.line("poweroff")
    _, status = shell.machine.wait()
    assert status == 0
