"""The camera: what a candidate said to it, and the playable pieces of what it recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("camera", sa.Boolean(), nullable=True))
    op.add_column("consents", sa.Column("camera_off_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "camera_segments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("stretch", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("made_from", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"],
            ["interviews.id"],
            name=op.f("fk_camera_segments_interview_id_interviews"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_segments")),
        sa.UniqueConstraint("interview_id", "stretch", name=op.f("uq_camera_segments_interview_id_stretch")),
    )
