"""Calibration: people's ratings of answers to a question in, a fitted scorer with its measured agreement out."""
