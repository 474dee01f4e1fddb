"""What can be wrong with a search."""

from netwright.core.errors import InputError, ModelError


class DimensionError(InputError):
    """Vectors of another dimension than the index holds."""


class UnknownIdError(InputError):
    """Ids that the index does not hold."""


class FilterError(InputError):
    """A filter that names no column, or compares what cannot be compared."""


class IndexFolderError(ModelError):
    """A folder that holds no whole index."""


class ExtraError(InputError, ImportError):
    """A package that this part needs is not installed."""
