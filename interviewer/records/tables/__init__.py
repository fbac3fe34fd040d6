"""Every table. Times are UTC; ids are prefixed text (see ``ids``); documents are JSONB.

Relationships are never loaded by accident: reading one that the query did not ask for raises.
"""

from __future__ import annotations

from interviewer.records.tables.access import Account, ApiKey, KeyUsage, LoginSession, StoredReply
from interviewer.records.tables.ats import AtsAssessment, AtsConnection
from interviewer.records.tables.base import Base
from interviewer.records.tables.browser import BrowserChunk, BrowserManifest, BrowserStretch
from interviewer.records.tables.deletion import Deletion, RetentionRule
from interviewer.records.tables.imports import AnswerImport, AnswerImportRow
from interviewer.records.tables.interviews import Candidate, Consent, Interview, InterviewEvent, Invitation, PlanVersion
from interviewer.records.tables.nodes import Node, RecordingPart, SharedSecret
from interviewer.records.tables.results import (
    AnswerRow,
    CameraSegment,
    Recording,
    ReviewRow,
    ScorecardRow,
    TranscriptRow,
)
from interviewer.records.tables.runs import AnswerEmbeddings, JudgeAllowance, JudgeSlot, ScoringRun, ScoringRunItem
from interviewer.records.tables.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = [
    "Account",
    "AnswerEmbeddings",
    "AnswerImport",
    "AnswerImportRow",
    "AnswerRow",
    "ApiKey",
    "AtsAssessment",
    "AtsConnection",
    "Base",
    "BrowserChunk",
    "BrowserManifest",
    "BrowserStretch",
    "CameraSegment",
    "Candidate",
    "Consent",
    "Deletion",
    "Interview",
    "InterviewEvent",
    "Invitation",
    "JudgeAllowance",
    "JudgeSlot",
    "KeyUsage",
    "LoginSession",
    "Node",
    "PlanVersion",
    "Recording",
    "RecordingPart",
    "RetentionRule",
    "ReviewRow",
    "ScorecardRow",
    "ScoringRun",
    "ScoringRunItem",
    "SharedSecret",
    "StoredReply",
    "TranscriptRow",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
]
