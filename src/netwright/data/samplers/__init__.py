"""Samplers: which rows a training sees, and how often."""

from netwright.data.samplers.random_over_sampler import RandomOverSampler
from netwright.data.samplers.random_under_sampler import RandomUnderSampler

__all__ = ["RandomOverSampler", "RandomUnderSampler"]
