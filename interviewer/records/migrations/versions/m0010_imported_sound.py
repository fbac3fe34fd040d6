"""Imported answers may be sound: a file for each row, until it is written out."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answer_imports", sa.Column("pending", sa.Integer(), server_default="0", nullable=False))
    for name in ("audio", "candidate", "object_key", "sha256"):
        op.add_column("answer_import_rows", sa.Column(name, sa.Text(), nullable=True))
