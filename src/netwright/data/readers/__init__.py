"""Tables from files and from other libraries' objects."""

from netwright.data.readers.frames import to_frame
from netwright.data.readers.tables import read_frame
from netwright.data.readers.writing import write_frame

__all__ = ["read_frame", "to_frame", "write_frame"]
