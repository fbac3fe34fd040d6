"""The cluster's configuration: ours alone, written at every start."""

from __future__ import annotations

import getpass
import os
import pwd
from pathlib import Path

from interviewer.records.embedded.place import Place

__all__ = ["DATABASE", "ROLE", "write_config"]

ROLE = "melvin"
DATABASE = "melvin"

_SETTINGS = """\
# Written by Melvin at every start; changes are lost.
listen_addresses = ''
port = 5432
unix_socket_directories = {sockets}
unix_socket_permissions = 0700
hba_file = {hba}
ident_file = {ident}

# A small machine, shared with speech recognition.
max_connections = 60
shared_buffers = 64MB
work_mem = 8MB
maintenance_work_mem = 32MB
max_wal_size = 512MB
min_wal_size = 64MB
wal_level = minimal
max_wal_senders = 0
io_method = sync
huge_pages = off
jit = off
max_parallel_workers_per_gather = 1

# A log of what happened to the server. Never of rows: those hold what candidates said.
log_min_error_statement = panic
log_error_verbosity = terse
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
"""


def write_config(place: Place) -> None:
    cluster = place.cluster
    hba, ident = cluster / "pg_hba.conf", cluster / "pg_ident.conf"
    method = "scram-sha-256" if place.passfile else "peer map=melvin"
    _write(place, hba, f"local all {ROLE} {method}\n")
    _write(place, ident, f'melvin "{_own_name()}" {ROLE}\n')
    _write(
        place,
        cluster / "postgresql.conf",
        _SETTINGS.format(sockets=_quoted(place.sockets), hba=_quoted(hba), ident=_quoted(ident)),
    )


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return getpass.getuser()


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _write(place: Place, path: Path, text: str) -> None:
    """In one step, so that a start that is killed here leaves the old file or the new one."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.write_text(text)
    new.chmod(0o600)
    if place.user:
        os.chown(new, place.user.uid, place.user.gid)
    new.replace(path)
