"""Taking turns: what several processes make or use in one place is made or used by one at a time."""
import contextlib
import fcntl
import os


@contextlib.contextmanager
def turn(path):
    """PATH.lock is held meanwhile; beside a folder, not in it, so that there need be none yet."""
    path = path.rstrip("/")
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
