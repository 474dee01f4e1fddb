"""Data that outgrows memory: streams of batches, and arrays on the disk."""

from netwright.training.streams.loader_stream import LoaderStream
from netwright.training.streams.memory_map import MemoryMapSamples
from netwright.training.streams.parquet_stream import ParquetStream
from netwright.training.streams.prefetch import Prefetch
from netwright.training.streams.stream import Stream

__all__ = ["LoaderStream", "MemoryMapSamples", "ParquetStream", "Prefetch", "Stream"]
