"""At the keyboard: the terminal's special keys, job control, full-screen programs, floods in both directions."""
import re

import pytest

from conftest import FRONT

PROMPT = r"# (\x1b\[6n)?$"


def keys(shell, text, pattern, timeout=120):
    """Types text and waits for a pattern; returns the match. A key of several bytes is sent by itself: whoever reads it waits
    for its end no longer than a busy host may take to the next bytes of a long text."""
    for part in re.split(r"(\x1b\[\w)", text):
        if part:
            shell.machine.send(part)
    return shell.machine.expect(pattern, timeout=timeout)


def interrupt(shell):
    """^C until the prompt is back: one that comes while a program runs another in its foreground is the other's."""
    for _ in range(30):
        shell.machine.send("\x03")
        try:
            return shell.machine.expect(PROMPT, timeout=4)
        except AssertionError:
            pass
    raise AssertionError(f"no prompt after ^C: {shell.machine.text[-2000:]}")


def run_at(shell, command):
    shell.start(command)


def test_interrupt_of_a_pipeline_ends_every_part(shell):
    run_at(shell, "while :; do echo x; done | cat | tail -n 1 > /tmp/tailed")
    shell.machine.send("\x03")
    shell.until("ps -o comm | grep -c -E '^(cat|tail)$'", "^0$")


def test_flood_stops_at_interrupt(shell):
    shell.machine.line("yes flood")
    shell.machine.expect(r"flood\r*\nflood")
    shell.machine.send("\x03")
    assert shell.run("echo after the flood")[0].endswith("after the flood")


def test_quit_key(shell):
    run_at(shell, "ulimit -c 0; sleep 1000")
    shell.machine.send("\x1c")
    shell.machine.expect("Quit")
    assert shell.run("echo $?")[0].endswith("131")


def test_kill_and_word_erase_in_cooked_mode(shell):
    run_at(shell, "cat > /tmp/edited; echo ed''ited")
    shell.machine.send("gone\x15one two\x17three\n\x04")
    shell.machine.expect("edited")
    assert shell.run("cat /tmp/edited")[0] == "one three"


def test_end_of_input_in_the_middle_of_a_line(shell):
    """The first ^D hands over what is typed, the second, with nothing typed, ends the input."""
    run_at(shell, "cat > /tmp/half; echo ha''lf")
    shell.machine.send("abc\x04\x04")
    shell.machine.expect("half")
    assert shell.run("cat /tmp/half; echo")[0] == "abc"


def test_literal_next(shell):
    run_at(shell, "cat > /tmp/literal; echo lit''eral")
    shell.machine.send("a\x16\x03b\n\x04")
    shell.machine.expect("literal")
    assert shell.run("od -An -c /tmp/literal")[0].split() == ["a", "003", "b", "\\n"]


def test_stop_and_start_output(shell):
    shell.machine.line("sleep 1; echo b''egin; seq 1 2000; echo e''nd")
    shell.machine.expect("begin")
    shell.machine.send("\x13")
    shell.machine.send("\x11")
    shell.machine.expect(r"\n1999\r*\n2000\r*\nend")


def test_history_and_editing_keys(shell):
    shell.run("echo one-$((40+2))")
    keys(shell, "\x1b[A\x1b[A\n", r"\none-42\r*\n")  # past the line that marks the end
    keys(shell, "ecoh middle" + "\x1b[D" * 8 + "\x7f\x1b[Co\n", r"\nmiddle\r*\n")
    keys(shell, "zzz\x1b[Hecho \x05-end\n", r"\nzzz-end\r*\n")  # not ^A: that is QEMU's own
    keys(shell, "echo gone\x15echo kept\n", r"\nkept\r*\n")


def test_completion(shell):
    shell.run("cd /tmp; mkdir -p complete; touch complete/onlyone")
    keys(shell, "ls -d comp\tonly\t\n", r"\ncomplete/onlyone\r*\n")
    shell.run("cd")


def test_jobs(shell):
    shell.machine.line(f"sleep 300 & {FRONT} &")
    shell.machine.expect(r"back \d+\r*\n")
    text = shell.run("jobs")[0]
    assert "[1]" in text and "[2]" in text and "sleep 300" in text
    shell.run("kill %1")
    shell.run("wait %1")
    shell.machine.line("fg %2")
    shell.machine.expect(r"front \d+\r*\n")
    shell.machine.send("\x1a")
    shell.machine.expect("Stopped")
    assert "Stopped" in shell.run("jobs")[0]
    shell.run("kill -9 %2; wait %2")
    assert shell.run("sleep 0.1; jobs; echo none")[0].split("\n")[-1] == "none"


def test_background_reader_is_stopped(shell):
    """A job in the background that reads the terminal is stopped (SIGTTIN); in the foreground it reads."""
    shell.machine.line("cat > /tmp/bg &")
    shell.until("jobs", "Stopped")
    shell.machine.line("fg")
    shell.machine.expect("cat 1>/tmp/bg")
    keys(shell, "now\n", r"now\r*\n")
    shell.machine.send("\x04")
    assert shell.run("cat /tmp/bg")[0] == "now"


def test_tostop(shell):
    shell.run("stty tostop")
    shell.machine.line("(sleep 0.2; echo from-behind) &")
    shell.until("jobs", "Stopped")
    keys(shell, "stty -tostop; kill -CONT %1\n", r"from-behind\r*\n")
    shell.run("wait")


@pytest.mark.parametrize("command,expected", [
    ("printf 'b\\na\\nb\\n' | cat | sort | uniq -c | awk '{print $1 $2}'", "1a\n2b"),
    ("cat <<A; cat <<'B' | tr y z\nx $((1+1))\nA\ny $((1+1))\nB", "x 2\nz $((1+1))"),
    ("(trap 'echo term' TERM; kill $$ 2>/dev/null & wait; sh -c 'trap \"echo got; exit 5\" TERM; kill $$; sleep 1'; echo $?) 2>&1 | tail -2",
     "got\n5"),
    ("(set -e; false; echo not); echo $?", "1"),
    ("(ulimit -n 10; ulimit -n)", "10"),
    ("x=1; (x=2; echo $x); echo $x", "2\n1"),
    ("stty rows 24; stty size", "24 1000"),
])
def test_shell_language(shell, command, expected):
    output = shell.run(command)[0]
    assert "\n".join(line for line in output.split("\n") if not line.startswith("> ")).endswith(expected)


def test_vi_edits_a_file(shell):
    shell.run("stty cols 80 rows 24; printf 'one\\ntwo\\nthree\\n' > /tmp/edit")
    keys(shell, "vi /tmp/edit\n", r"/tmp/edit")
    keys(shell, "jddGonew line", r"I /tmp/edit \[Modified\] 3/3")
    keys(shell, "\x1b", r"- /tmp/edit \[Modified\] 3/3")  # a key that follows at once would belong to it
    shell.machine.send(":wq\n")
    shell.machine.expect(PROMPT)
    shell.run("stty cols 1000")
    assert shell.run("cat /tmp/edit")[0] == "one\nthree\nnew line"
    assert "-icanon" not in shell.run("stty -a")[0].split()


def test_pager_and_top(shell):
    shell.run("stty cols 80 rows 24; seq 1 500 > /tmp/long")
    keys(shell, "less /tmp/long\n", r"23\r*\n")
    keys(shell, "G", r"500")
    keys(shell, "q", PROMPT)
    keys(shell, "more /tmp/long\n", r"--More--")
    keys(shell, " ", r"--More--")
    keys(shell, "q", PROMPT)
    keys(shell, "top -d 1\n", r"PID\s+PPID")
    keys(shell, "q", PROMPT)
    keys(shell, "watch -n 1 -t echo wa''tched\n", r"watched")
    interrupt(shell)
    shell.run("stty cols 1000")


def test_long_paste_to_a_reader(shell):
    """10 KiB at once, in lines shorter than MAX_CANON, to a program that reads: nothing is lost."""
    lines = [f"{i:03d} " + "x" * 96 for i in range(100)]
    run_at(shell, "stty -echo; echo qu''iet; cat > /tmp/paste; stty echo; echo pa''sted")
    shell.machine.expect(r"quiet\r*\n")
    shell.machine.send("\n".join(lines) + "\n\x04")
    shell.machine.expect("pasted", timeout=120)
    assert shell.run("wc -lc < /tmp/paste")[0].split() == ["100", str(101 * 100)]
    assert shell.run("awk '{print $1+0}' /tmp/paste | tail -n 1")[0] == "99"


def test_interrupt_behind_a_paste_that_nobody_reads(shell):
    run_at(shell, "stty -echo; echo qu''iet; sleep 1000")
    shell.machine.expect(r"quiet\r*\n")
    shell.machine.send(("x" * 99 + "\n") * 100 + "\x03")
    assert "interrupted" in shell.run("stty echo; echo inter''rupted")[0]  # before or behind the echo of what run() types next


def test_lines_that_fill_the_terminal_wait_for_a_reader(shell):
    """What nobody has read yet is not thrown away because more comes in, and the end of file stays in its place."""
    run_at(shell, "stty -echo; echo qu''iet; read x; sleep 0.5; cat > /tmp/waits; stty echo; echo re''ad")
    shell.machine.expect(r"quiet\r*\n")
    shell.machine.send("first\n" + ("x" * 99 + "\n") * 80 + "\x04")
    shell.machine.expect("read", timeout=120)
    assert shell.run("wc -lc < /tmp/waits")[0].split() == ["80", "8000"]


def test_line_longer_than_the_terminal_holds(shell):
    """Of a line of more than 4095 bytes the terminal keeps the first 4095 and the newline."""
    run_at(shell, "stty -echo; echo qu''iet; cat > /tmp/max; stty echo; echo ma''xed")
    shell.machine.expect(r"quiet\r*\n")
    shell.machine.send("y" * 6000 + "\n\x04")
    shell.machine.expect("maxed", timeout=120)
    assert shell.run("wc -lc < /tmp/max")[0].split() == ["1", "4096"]


@pytest.mark.parametrize("command,expected", [
    ("ionice -c 2 -n 3 sh -c ionice; ionice", "best-effort: prio 3\nnone: prio 0"),
    ("sh -c 'ulimit -t 1; while :; do :; done'; echo $?", "Killed\n137"),
    ("sh -c 'ulimit -S -t 1; trap \"echo limit; exit 4\" XCPU; while :; do :; done'; echo $?", "limit\n4"),
    ("dmesg -c > /dev/null; dmesg | wc -l; echo '<6>said' > /dev/kmsg; dmesg | grep -c said", "0\n1"),
    ("cp /bin/busybox /tmp/sleep; (/tmp/sleep 100 & until [ $(readlink /proc/$!/exe) = /tmp/sleep ]; do :; done; cp /bin/busybox /tmp/sleep; kill $!; wait $! 2> /dev/null)",
     "cp: can't create '/tmp/sleep': Text file busy"),
    ("exec 5>>/tmp/sleep; /tmp/sleep 0; echo $?; exec 5>&-; /tmp/sleep 0; echo $?", "-/bin/sh: /tmp/sleep: Text file busy\n126\n0"),
    ("echo through | cat /dev/fd/0; echo again | sh -c 'test -p /dev/stdin && cat /dev/stdin'", "through\nagain"),
    ("getfattr -d /etc/passwd; echo $?; getfattr -n user.x /etc/passwd 2>&1 | tail -n 1",
     "0\ngetfattr: /etc/passwd: Operation not supported"),
    ("nc 127.0.0.1 80; echo $?", "nc: socket: Address family not supported by protocol\n1"),
    ("mount | grep -c ' /dev '; mount -t devtmpfs dev /dev; echo $?",
     "1\nmount: mounting dev on /dev failed: Device or resource busy\n255"),
])
def test_tools_and_limits(shell, command, expected):
    assert shell.run(command)[0] == expected


def test_login_and_su(shell):
    shell.machine.line("su nobody -s /bin/sh")
    shell.machine.expect(r"\$ (\x1b\[6n)?$")
    shell.machine.line("id -u; exit")
    shell.machine.expect("65534")
    shell.machine.expect(PROMPT)
    shell.machine.line("login -f root")
    shell.machine.expect(PROMPT)
    shell.machine.line("echo logged''in; exit")
    shell.machine.expect("loggedin")


def test_start_of_line_is_the_shell_s(shell):
    """^A is no key of the emulator's; Ctrl-^ is (tools/trine/machine.py)."""
    keys(shell, "cho start-of-line\x01e\n", r"\nstart-of-line\r*\n")


def test_console_size_is_what_the_command_line_says(fresh_shell):
    """As whoever starts the machine knows it; `shell` itself has set the columns."""
    assert fresh_shell(append="quiet tty.size=37x111").run("stty size")[0] == "37 1000"
    assert "bad value in 'tty.size=37'" in fresh_shell(append="quiet tty.size=37").machine.text


def test_halt_leaves_the_machine_on(fresh_shell):
    shell = fresh_shell(smp=4)
    shell.machine.line("halt -f")
    shell.machine.expect(r"reboot: System halted\r*\n")
    shell.machine.send("\x1ec")  # the emulator's monitor: its word, not the console's silence
    shell.machine.expect(r"\(qemu\) ")
    shell.machine.line("info status")
    shell.machine.expect("VM status: running")
    shell.machine.line("info cpus")
    shell.machine.expect(r"CPU #3: [^\n]*(halted)?")
    shell.machine.line("quit")
    shell.machine.wait()
