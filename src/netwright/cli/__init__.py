"""The command line: one file per command."""

from netwright.cli.app import main

__all__ = ["main"]
