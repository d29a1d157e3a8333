"""The command `pgs`, in this process."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from . import _embedded, _pgs


def main() -> int:
    """Runs the command with the arguments of this process and answers its exit code."""
    # The command answers Ctrl-C by itself; Python's own handler would wait for the command to end. Where it is ignored, such
    # as behind `nohup`, it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _pgs.run_command(sys.executable, [*_flags(), "-c", _again()], sys.argv[1:], _embedded.bindirs())


def _again() -> str:
    """What runs this command once more, in another process. `-m` and `-c` look for modules in the current directory first, where
    anybody may have put a `pgs.py`; `-P`, which forbids it, is not there before Python 3.11."""
    own = str(Path(__file__).resolve().parent.parent)
    return (
        "import sys; sys.path[:] = [one for one in sys.path if one]; "
        f"sys.path += [] if {own!r} in sys.path else [{own!r}]; "
        "from pgs.__main__ import main; sys.exit(main())"
    )


def _flags() -> list[str]:
    """Those of this interpreter that say where it looks for modules."""
    return [flag for flag, is_set in FLAGS.items() if is_set]


FLAGS = {
    "-I": sys.flags.isolated,
    "-E": sys.flags.ignore_environment,
    "-s": sys.flags.no_user_site,
    "-S": sys.flags.no_site,
}

if __name__ == "__main__":
    sys.exit(main())
