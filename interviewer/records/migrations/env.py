"""Alembic runs this for every migration; ``upgrade`` gives it the connection."""

from alembic import context

from interviewer.records.tables import Base


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Procrastinate's tables, and our note of their version, are not declared: autogenerate leaves them alone."""
    return not (kind == "table" and name is not None and name.startswith(("procrastinate_", "queue_schema")))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=ours,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
