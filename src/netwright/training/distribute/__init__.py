"""Several processes that train one network: who they are, and which rows each takes."""

from netwright.training.distribute.joining import join_world
from netwright.training.distribute.lost import ProcessLost, tell_losses
from netwright.training.distribute.rows import cuts, part_factor, part_size, part_sizes, scale_rate, share_of
from netwright.training.distribute.world import World

__all__ = [
    "ProcessLost",
    "World",
    "cuts",
    "join_world",
    "part_factor",
    "part_size",
    "part_sizes",
    "scale_rate",
    "share_of",
    "tell_losses",
]
