"""A backup: one tar file that holds all tables, all objects, and what running interviews have on disk.

    manifest.json          what the backup is, and the SHA-256 of every other member
    manifest.sha256        of the manifest itself
    database/TABLE.gz      rows as PostgreSQL's COPY writes them, all tables in one snapshot
    objects/KEY            recordings and whatever else the object store holds
    journals/, recordings/ running interviews' events and sound
    prompts/, calibrations/   only where the settings name folders of one's own

Rows are plain text and the tables are made by the migrations, so a backup of the embedded PostgreSQL can be restored
into a server of another version, and the other way round.
"""

from interviewer.records.backup.archive import ArchiveWriter, BackupUnusable, Manifest, OpenedBackup
from interviewer.records.backup.loading import check_empty, check_known, load_tables
from interviewer.records.backup.snapshot import Snapshot, snapshot

__all__ = [
    "ArchiveWriter", "BackupUnusable", "Manifest", "OpenedBackup", "Snapshot", "check_empty", "check_known",
    "load_tables", "snapshot",
]  # fmt: skip
