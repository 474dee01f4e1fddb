"""Plain stacks of layers by hand: forward and backward over buffers that are made once."""

from netwright.training.stack.fused_step import FusedStep, without_compiler
from netwright.training.stack.stack import Stack

__all__ = ["FusedStep", "Stack", "without_compiler"]
