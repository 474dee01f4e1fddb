"""Schedules: how the learning rate moves through a run."""
