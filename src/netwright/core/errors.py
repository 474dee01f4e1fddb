"""Errors made of three parts: what was expected, what came, how to mend it."""


class InputError(ValueError):
    """Input that cannot be used, told in one line.

    The message reads "<expected>, got <came>; <mend>". The command line prints it on one line and exits
    with code 2; in Python it is an ordinary `ValueError`.

    Args:
        expected: what the argument, column, row or file must be, naming it.
        came: what it is instead.
        mend: what the user can do about it.

    Example:
        >>> raise InputError("target must be a column of the table", "'late'", "choose from: delay, origin")
        Traceback (most recent call last):
        netwright.core.errors.InputError: target must be a column of the table, got 'late'; choose from: ...
    """

    def __init__(self, expected: str, came: str, mend: str) -> None:
        super().__init__(f"{expected}, got {came}; {mend}")
        self.expected, self.came, self.mend = expected, came, mend

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str]]:
        return type(self), (self.expected, self.came, self.mend)


class TableError(InputError):
    """A table, one of its columns or its file cannot be used."""


class ImageError(InputError):
    """Pictures, one of their files or their folder cannot be used."""


class ModelError(InputError):
    """A saved model cannot be read, or does not fit what is asked of it."""


class CheckpointWarning(RuntimeWarning):
    """A checkpoint could not be written; the run goes on, and the checkpoint before it stays."""
