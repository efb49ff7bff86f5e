"""Makes the tools' modules importable and closes the run with the plain count."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools"))


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    passed, skipped = len(stats.get("passed", [])), len(stats.get("skipped", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line("")
    terminalreporter.write_line(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
