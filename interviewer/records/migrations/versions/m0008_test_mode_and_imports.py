"""Test mode, lists that are read off one index, applicant tracking systems, and answers from elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LIVE = ("api_keys", "candidates", "deletions", "interviews", "webhook_deliveries", "webhook_endpoints")
REPLACED = {
    "deletions": "ix_deletions_created_at_id",
    "interviews": "ix_interviews_created_at_id",
    "invitations": "ix_invitations_created_at_id",
    "webhook_deliveries": "ix_webhook_deliveries_created_at_id",
    "webhook_endpoints": "ix_webhook_endpoints_created_at_id",
}
"""Lists of live objects and of test objects are two lists now."""
LISTS: dict[str, list[tuple[str, ...]]] = {
    "deletions": [("livemode",)],
    "interviews": [("livemode", "source"), ("livemode", "source", "status"), ("livemode", "source", "plan_name")],
    "invitations": [("livemode",), ("livemode", "plan_name")],
    "webhook_deliveries": [("livemode",), ("livemode", "status")],
    "webhook_endpoints": [("livemode",)],
}


def upgrade() -> None:
    for table in LIVE:
        op.add_column(table, sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    for table in ("interviews", "invitations"):
        op.add_column(table, sa.Column("plan_name", sa.Text(), server_default="", nullable=False))
    op.add_column("invitations", sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("interviews", sa.Column("source", sa.Text(), server_default="interview", nullable=False))
    op.add_column("interviews", sa.Column("import_key", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_interviews_import_key"), "interviews", ["import_key"])
    op.execute(
        """UPDATE invitations i SET plan_name = p.name,
            begun_at = (SELECT n.started_at FROM interviews n WHERE n.invitation_id = i.id)
        FROM plan_versions p WHERE p.id = i.plan_id"""
    )
    op.execute(
        """UPDATE interviews n SET plan_name = i.plan_name, livemode = i.livemode
        FROM invitations i WHERE i.id = n.invitation_id"""
    )
    for table, index in REPLACED.items():
        op.drop_index(op.f(index), table_name=table)
    for table, lists in LISTS.items():
        for columns in lists:
            place = [*columns, "created_at", "id"]
            op.create_index(op.f(f"ix_{table}_{'_'.join(place)}"), table, place, unique=False)
    op.create_index(
        "ix_invitations_unused",
        "invitations",
        ["livemode", "created_at", "id", "expires_at"],
        postgresql_where=sa.text("begun_at IS NULL AND revoked_at IS NULL"),
    )
    op.create_index(
        "ix_invitations_revoked",
        "invitations",
        ["livemode", "created_at", "id"],
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    _ats()
    _imports()


def _ats() -> None:
    op.create_table(
        "ats_connections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("plans", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("callback_host", sa.Text(), nullable=True),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("callback_secret", sa.Text(), nullable=True),
        sa.Column("private_allowed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ats_connections")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_ats_connections_secret_hash")),
    )
    op.create_table(
        "ats_assessments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("invitation_id", sa.Text(), nullable=False),
        sa.Column("asked_with", sa.Text(), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["ats_connections.id"], name=op.f("fk_ats_assessments_connection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_ats_assessments_invitation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ats_assessments")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_ats_assessments_invitation_id")),
        sa.UniqueConstraint("connection_id", "asked_with", name=op.f("uq_ats_assessments_connection_id_asked_with")),
    )
    op.create_index(op.f("ix_ats_assessments_report_due_at"), "ats_assessments", ["report", "due_at"], unique=False)


def _imports() -> None:
    op.create_table(
        "answer_imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan_versions.id"], name=op.f("fk_answer_imports_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_imports")),
    )
    op.create_index(
        op.f("ix_answer_imports_livemode_created_at_id"),
        "answer_imports",
        ["livemode", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "answer_import_rows",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("interview_id", sa.Text(), nullable=True),
        sa.Column("answer_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["answer_imports.id"], name=op.f("fk_answer_import_rows_import_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_answer_import_rows_interview_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_answer_import_rows")),
    )
    op.create_index(op.f("ix_answer_import_rows_interview_id"), "answer_import_rows", ["interview_id"], unique=False)
    op.create_index(
        op.f("ix_answer_import_rows_import_id_status_number"),
        "answer_import_rows",
        ["import_id", "status", "number"],
        unique=False,
    )
