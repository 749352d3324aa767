"""The command line, ``python -m lrlib``."""
