"""Endpoints for tests and for trying things out: one that serves a real small model, and one that misbehaves."""
