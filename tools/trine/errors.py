"""What goes wrong outside of a tool is one line, not a traceback: a file, a program that failed, a bad value, ^C."""
import os
import shlex
import subprocess
import sys


def one_line(error):
    """What to say, or None: a mistake of the tool itself, whose traceback is wanted."""
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or error.stdout or b"")
        said = said.decode(errors="replace") if isinstance(said, bytes) else said
        command = error.cmd if isinstance(error.cmd, str) else shlex.join(map(str, error.cmd))
        return f"{command} failed" + (f":\n{said.strip()}" if said.strip() else "")
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{error.cmd[0]} took more than {error.timeout} s"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return str(error) if isinstance(error, (RuntimeError, ValueError)) else None


def hook(kind, error, traceback):
    if issubclass(kind, KeyboardInterrupt):
        print(file=sys.stderr)
        os._exit(130)
    text = one_line(error)
    if text is None or os.environ.get("TRINE_TRACEBACK"):
        sys.__excepthook__(kind, error, traceback)
    else:
        print(f"error: {text}", file=sys.stderr)


def plain():
    """First thing of a tool's main. TRINE_TRACEBACK=1 in the environment shows tracebacks all the same."""
    sys.excepthook = hook
