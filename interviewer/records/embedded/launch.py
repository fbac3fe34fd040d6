"""Becomes another program: drops root's rights, asks to be told when the parent dies, then executes the command.

Run as a file by ``python -I -S launch.py PARENT UID GID COMMAND...`` (0 0 keeps the user), never imported: a program
of its own does this safely where code between fork and exec in a process full of threads would not.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, uid, gid = (int(a) for a in sys.argv[1:4])
    command = sys.argv[4:]
    os.chdir("/")
    os.umask(0o077)
    if uid:
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it. SIGINT is PostgreSQL's fast shutdown. Elsewhere an orphan
        # lives on, and the next start stops it.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the service ended before PostgreSQL started")
    os.execv(command[0], command)  # noqa: S606 - to become it is this program's purpose


main()
