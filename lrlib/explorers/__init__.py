"""Explorers: sliders over a figure, in Jupyter and in the built page."""
