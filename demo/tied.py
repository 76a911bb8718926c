"""Run a command that must not outlive who started it: `python tied.py PARENT COMMAND...`.

On Linux a process may ask to be told when the thread that started it ends, however it ends (prctl(2), PR_SET_PDEATHSIG), so that
even a killed parent leaves nothing behind. Elsewhere the command simply runs. Start tied processes from a thread that lives on.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tied(command: Sequence[str]) -> list[str]:
    """`command` for `subprocess.Popen`, tied to this process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main(parent: int, command: Sequence[str]) -> None:
    """Become `command`, unless `parent` has gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the line above took hold
            sys.exit("the parent has gone")
    os.execvp(command[0], list(command))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
