"""Scoring: answers and rubrics in, scorecards with checked evidence out. Knows nothing of the interview service."""
