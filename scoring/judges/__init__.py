"""Judges: each turns an answer and a rubric into probabilities over the five levels, with the quotes they rest on."""
