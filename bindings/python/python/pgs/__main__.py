"""The command `pgs`, in this process."""

from __future__ import annotations

import signal
import sys

from . import _embedded, _pgs


def main() -> int:
    """Runs the command with the arguments of this process and answers its exit code."""
    # The command answers Ctrl-C by itself; Python's own handler would wait for the command to end. Where it is ignored, such
    # as behind `nohup`, it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _pgs.run_command(sys.executable, ["-m", "pgs"], sys.argv[1:], _embedded.bindirs())


if __name__ == "__main__":
    sys.exit(main())
