"""PostgreSQL as Melvin's own child process, for one machine without a database server.

    data folder/
      melvin.lock          flock of the one service that runs on this folder; names its process
      postgres.url         where the running PostgreSQL listens; there while it runs
      postgres.where       only where the service runs as root and the cluster lies elsewhere: its place
      postgres.pass        only where the service runs as root: the password, 0600
      postgres/            or the place that postgres.where names
        data/              the cluster
        run/               the socket, 0700; elsewhere where the path would be too long for a socket
        postgres.log
        postgresql-18.../  a copy of the binaries, only where the unprivileged user cannot reach the wheel's

No TCP port is opened.
"""

from interviewer.records.embedded.lock import DataFolderInUse, DataFolderLock
from interviewer.records.embedded.place import ClusterUnusable
from interviewer.records.embedded.server import EmbeddedPostgres, PostgresFailed, running_url

__all__ = [
    "ClusterUnusable", "DataFolderInUse", "DataFolderLock", "EmbeddedPostgres", "PostgresFailed", "running_url",
]  # fmt: skip
