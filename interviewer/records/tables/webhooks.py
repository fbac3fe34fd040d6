"""Events and where they go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interviewer.records.ids import new_id
from interviewer.records.tables.base import Base, Json

__all__ = ["WebhookDelivery", "WebhookEndpoint", "WebhookEvent"]


class WebhookEndpoint(Base):
    """Where events go: those of test objects to endpoints without ``livemode``, all others to those with it. No
    ``events`` means all. ``private_allowed`` is given on the command line alone: who may only
    use the API cannot make this machine talk to its own network."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("whk"))
    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    events: Mapped[list[str]] = mapped_column(default=list)
    private_allowed: Mapped[bool] = mapped_column(default=False)
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "livemode", "created_at", "id"),)


class WebhookEvent(Base):
    """What happened: a type and ids, never what a candidate said. ``once`` keeps a job that runs twice from telling it
    twice."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("evt"))
    type: Mapped[str]
    data: Mapped[Json]
    once: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class WebhookDelivery(Base):
    """One event for one endpoint, whose ``livemode`` it repeats. ``status``: pending, delivered or failed. ``problem``
    is why the last try failed."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("dlv"))
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_events.id", ondelete="CASCADE"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    response_status: Mapped[int | None]
    problem: Mapped[str | None]
    livemode: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]

    event: Mapped[WebhookEvent] = relationship(lazy="raise")
    endpoint: Mapped[WebhookEndpoint] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"), Index(None, "status", "due_at"),
        Index(None, "livemode", "created_at", "id"), Index(None, "livemode", "status", "created_at", "id"),
        Index(None, "endpoint_id", "created_at", "id"),
    )  # fmt: skip
