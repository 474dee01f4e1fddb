"""Several processes that train one network: who they are, and which rows each takes."""

from netwright.training.distribute.agreeing import agreed
from netwright.training.distribute.joining import join_world
from netwright.training.distribute.lost import ProcessLost, tell_losses
from netwright.training.distribute.replicas import average, average_gradients, replicate
from netwright.training.distribute.rows import cuts, part_factor, part_size, part_sizes, scale_rate, share_of
from netwright.training.distribute.sharded_checkpoint import load_sharded, save_sharded
from netwright.training.distribute.shards import (
    Sharded,
    full_state,
    load_full_state,
    memory_per_parameter,
    sharded,
)
from netwright.training.distribute.world import World

__all__ = [
    "ProcessLost",
    "Sharded",
    "World",
    "agreed",
    "average",
    "average_gradients",
    "cuts",
    "full_state",
    "join_world",
    "load_full_state",
    "load_sharded",
    "memory_per_parameter",
    "part_factor",
    "part_size",
    "part_sizes",
    "replicate",
    "save_sharded",
    "scale_rate",
    "sharded",
    "share_of",
    "tell_losses",
]
