"""The frame of every benchmark: competitors in processes of their own, taking turns, and a Markdown table."""

from frame.child import Clock, neighbours, peak_megabytes, tell
from frame.rounds import Told, compete, competitor, interval, machine, markdown, middle, versions
from frame.rows import CACHE, Rows, load, prepare

__all__ = [
    "CACHE",
    "Clock",
    "Rows",
    "Told",
    "compete",
    "competitor",
    "interval",
    "load",
    "machine",
    "markdown",
    "middle",
    "neighbours",
    "peak_megabytes",
    "prepare",
    "tell",
    "versions",
]
