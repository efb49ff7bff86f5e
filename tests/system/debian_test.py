"""Debian's unmodified, dynamically linked programs: GNU's tools, bash, perl, procps, one boot for all of them."""
import os

import pytest

from conftest import boot_shell
from trine.cpio import Archive
from trine.machine import ROOT
from trine.packages import add_packages
from trine.turns import turn

PACKAGES = ("bash", "coreutils", "diffutils", "findutils", "gawk", "grep", "gzip", "make", "perl-base", "procps", "sed", "tar",
            "util-linux", "bsdutils", "xz-utils", "busybox-static")
INIT = """#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C PS1='# ' TERM=vt100
for fs in devtmpfs:/dev proc:/proc sysfs:/sys; do busybox mount -t ${fs%:*} none ${fs#*:}; done
busybox mkdir /dev/pts; busybox mount -t devpts none /dev/pts
[ -e /dev/fd ] || busybox ln -s /proc/self/fd /dev/fd
cd /tmp
busybox setsid -c bash --norc --noediting -i < /dev/ttyS0 > /dev/ttyS0 2>&1
busybox poweroff -f
"""


def initrd():
    """The packages in one folder tree with /usr merged, as Debian is installed."""
    path = ROOT + "/out/debian.cpio"
    with turn(path):
        if os.path.exists(path) and os.path.getmtime(path) > os.path.getmtime(__file__):
            return path
        archive = Archive()
        for name in ("dev", "proc", "sys", "root", "usr/sbin"):
            archive.directory(name)
        archive.directory("tmp", 0o1777)
        add_packages(archive, PACKAGES)
        for name, target in (("usr/bin/sh", "bash"), ("usr/bin/awk", "gawk")):
            if name not in archive.seen:
                archive.symlink(name, target)
        archive.file("etc/passwd", "root::0:0:root:/root:/bin/bash\nnobody:*:65534:65534:nobody:/:/bin/false\n")
        archive.file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
        archive.file("init", INIT, 0o755)
        archive.write(path)
    return path


@pytest.fixture(scope="module")
def bash():
    s = boot_shell(initrd=initrd(), mem="1G")
    yield s
    s.machine.close()


@pytest.mark.parametrize("command,expected", [
    # bash: arrays, process substitution, a coprocess, traps, a time limit on read
    ("a=(1 2 3); echo ${a[@]} ${#a[@]}; [[ abc =~ b(.) ]] && echo ${BASH_REMATCH[1]}", "1 2 3 3\nc"),
    ("diff <(printf 'a\\nb\\n') <(printf 'a\\nc\\n'); echo $?", "2c2\n< b\n---\n> c\n1"),
    ("bash -c 'coproc cat; echo hi >&${COPROC[1]}; read x <&${COPROC[0]}; echo $x'", "hi"),
    ("bash -c 'read -t 0.1 x < <(sleep 1)'; echo $?", "142"),
    ("bash -c 'trap \"echo bye\" EXIT; kill -TERM $$'; echo $?", "bye\nTerminated\n143"),
    # coreutils and friends
    ("cp -a /etc/passwd p; mv p q; stat -c '%a %s' q; install -m 700 q r; stat -c %a r; cmp q r && rm q r", "644 72\n700"),
    ("split -b 300k /bin/bash part.; cat part.* | cmp - /bin/bash && rm part.* && echo same", "same"),
    ("cp --reflink=auto --sparse=always /bin/bash b; cmp b /bin/bash && ./b -c 'echo runs'; rm b", "runs"),
    ("ls -lZ /etc/passwd | cut -d' ' -f1,5; ls -la /etc/group | cut -d' ' -f1", "-rw-r--r-- ?\n-rw-r--r--"),
    ("seq 100000 | sort -rn | tail -n 2; seq 5 | paste -sd+; factor 123456789; numfmt --to=iec 1048576",
     "2\n1\n1+2+3+4+5\n123456789: 3 3 3607 3803\n1.0M"),
    ("timeout -s KILL 0.2 sleep 5; echo $?; nice -n 3 nice; stdbuf -oL echo x; env -i true", "Killed\n137\n3\nx"),
    ("mkdir -p d/e; touch d/e/f; find d -type f -printf '%p %s\\n'; find d -depth -delete; ls d", "d/e/f 0\nls: cannot access 'd': No such file or directory"),
    ("seq 20 | xargs -n 5 -P 4 echo | sort -n | head -n 1", "1 2 3 4 5"),
    ("gawk 'BEGIN { \"echo a\" |& getline x; print x; print strftime(\"%Y\", 0); system(\"echo b\") }'", "a\n1970\nb"),
    ("tar -C / --xattrs -czf a.tgz etc; mkdir o; tar -C o -xpzf a.tgz; diff -r --no-dereference /etc o/etc && echo same; rm -r o a.tgz",
     "same"),
    ("xz -1 -T2 -c /bin/bash | xz -dc | cmp - /bin/bash && echo same", "same"),
    ("printf 'all: a b\\n\\t@cat a b\\n%%:\\n\\t@echo $@ > $@\\n' > mk; make -j4 -f mk; rm -f a b mk", "a\nb"),
    # perl: fork, pipes, alarm, select
    ("perl -e 'my $p = fork; exit 3 if !$p; waitpid($p, 0); print $? >> 8, \"\\n\"; $SIG{ALRM} = sub { print \"alarm\\n\" };"
     " alarm 1; sleep 5; print `echo back`'", "3\nalarm\nback"),
    # procps and util-linux read /proc
    ("ps -o pid,comm -p 1 | tail -n 1; ps aux | awk '{print (NF > 10)}' | sort -u; pgrep -x init", "1 init\n1\n1"),
    ("free -m | awk 'NR == 2 {print NF}'; uptime | grep -c 'load average'; vmstat | awk 'END {print NF}'; pwdx $$ | cut -d' ' -f2",
     "7\n1\n18\n/tmp"),
    ("pmap $$ | tail -n 1 | cut -c1-6; sysctl -n kernel.ostype", " total\nLinux"),
    ("chrt -b 0 bash -c 'chrt -p $$' | head -n 1 | sed 's/.*: //'; ionice -c 2 -n 1 ionice; taskset -c 0 nproc; prlimit -n --noheadings -o SOFT",
     "SCHED_BATCH\nbest-effort: prio 1\n1\n1024"),
    ("script -qc 'tty; echo inside' log < /dev/null | tr -d '\\r'; grep -c inside log; rm log", "/dev/pts/0\ninside\n2"),
    ("lscpu | grep -c '^Architecture: *riscv64'; findmnt -n -o FSTYPE /proc; flock f echo locked; rm f", "1\nproc\nlocked"),
    # setpriv: ids, capabilities that stay (PR_SET_KEEPCAPS) as inheritable and ambient ones, and those that go
    ("setpriv --reuid=1000 --regid=1000 --clear-groups bash -c 'echo $(id -u) $(id -g) $(grep CapPrm /proc/self/status | cut -f2)'",
     "1000 1000 0000000000000000"),
    ("setpriv --reuid=1000 --clear-groups --inh-caps=+kill --ambient-caps=+kill grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status | cut -f2 | uniq",
     "0000000000000020"),
    ("setpriv --reuid=1000 --clear-groups --no-new-privs --bounding-set=-all grep -E 'CapBnd|NoNew' /proc/self/status | cut -f2",
     "0000000000000000\n1"),
])
def test_command(bash, command, expected):
    output, _ = bash.run(command)
    lines = [line.strip() for line in output.strip().split("\n")]
    assert [line for line in lines if line != "#"] == [line.strip() for line in expected.split("\n")]


# Says when it has come to the front or gone to the back, by the terminal's group in its stat file.
FRONT = ("perl -e '$| = 1; for (my $was = \"\";; select(undef, undef, undef, 0.1)) { open(my $f, \"/proc/self/stat\"); "
         "my $is = (split / /, <$f>)[7] == getpgrp ? \"front\" : \"back\"; print \"in $is\\n\" if $is ne $was; $was = $is }'")


def test_job_control(bash):
    bash.machine.line(FRONT)
    bash.machine.expect(r"in front\r*\n")
    bash.machine.send("\x1a")
    bash.machine.expect(r"\[1\]\+\s+Stopped\s+perl")
    bash.machine.line("bg")
    bash.machine.expect(r"in back\r*\n")
    assert "Running" in bash.run("jobs")[0]
    bash.machine.line("fg")
    bash.machine.expect(r"in front\r*\n")
    bash.machine.send("\x03")
    assert "130" in bash.run("echo $?; jobs")[0].split()
