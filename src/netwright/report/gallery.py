"""Pictures in a report: those that were read, with what is true of each and what the net said."""

import base64
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """One picture as the page shows it.

    Args:
        png: the bytes of a PNG file.
        title: what stands under it.
        note: what stands below that, smaller.
        described: for those who cannot see it; the title when empty.
        map: the bytes of a PNG file that shows where the net looked; empty for none.

    Example:
        >>> Shown(b"", "boot").address
        'data:image/png;base64,'
    """

    png: bytes
    title: str
    note: str = ""
    described: str = ""
    map: bytes = b""

    @property
    def address(self) -> str:
        """The picture as an address that needs no file."""
        return _address(self.png)

    @property
    def map_address(self) -> str:
        """The map as such an address."""
        return _address(self.map)


@dataclass(frozen=True)
class Gallery:
    """Some pictures that belong together.

    Args:
        name: heading.
        about: what they have in common, in a sentence.
        pictures: in their order.

    Example:
        >>> Gallery("Doubtful", "The net was least sure here.", ()).name
        'Doubtful'
    """

    name: str
    about: str
    pictures: tuple[Shown, ...]


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
