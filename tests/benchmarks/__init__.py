"""Measurements with targets; each runs on the machine at hand. ``python -m tests.benchmarks list`` names them."""
