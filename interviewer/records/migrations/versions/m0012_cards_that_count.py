"""Since when a scorecard counts: a run may come back to an older one. And how many of its results a run found made."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scorecards", sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE scorecards SET counted_at = created_at")
    op.alter_column("scorecards", "counted_at", server_default=sa.text("now()"), nullable=False)
    op.add_column("scoring_runs", sa.Column("reused", sa.Integer(), nullable=True))
