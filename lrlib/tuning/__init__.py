"""Choosing a rate: the range test, and sweeps over schedules, rates and seeds."""
