"""Invitations that imported answers stand on are no part of the list of invitations."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LISTS = (("livemode",), ("livemode", "plan_name"))


def upgrade() -> None:
    op.add_column("invitations", sa.Column("source", sa.Text(), server_default="interview", nullable=False))
    for columns in LISTS:
        op.drop_index(op.f(f"ix_invitations_{'_'.join(columns)}_created_at_id"), table_name="invitations")
        place = ["livemode", "source", *columns[1:], "created_at", "id"]
        op.create_index(op.f(f"ix_invitations_{'_'.join(place)}"), "invitations", place, unique=False)
