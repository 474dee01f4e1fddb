"""What changes weights: optimizers, schedules and initialisers."""

from netwright.optim.schedules.warmup_cosine import WarmupCosine

__all__ = ["WarmupCosine"]
