"""How the reference reads our docstrings: `Example:` holds Python to run, `Source:` is a note of its own."""

import re
from typing import Any

import griffe


class Sections(griffe.Extension):
    """Gives the two sections that we write the form that the documentation renders."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by griffe with each object it has read."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
