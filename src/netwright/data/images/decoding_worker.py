"""A process that decodes pictures for another one: a line for each file comes in, its pixels go out.

What damages it, or keeps it for ever, does not reach the process that learns. It ends when its input does.
"""

import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO

HEAD = struct.Struct("<BQ")
"""What stands before each answer: whether it is an error, and how many bytes follow."""

SHAPE = struct.Struct("<III")


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line with a picture, or with the three parts of an error, until there are no more.

    Args:
        asked: lines of JSON: path, size, channels, fit.
        answers: a head, and as many bytes as it says.

    Example:
        >>> import io
        >>> answers = io.BytesIO()
        >>> line = {"path": "nowhere.png", "size": [8, 8], "channels": 1, "fit": "crop"}
        >>> serve(io.BytesIO(json.dumps(line).encode()), answers)
        >>> is_error, length = HEAD.unpack(answers.getvalue()[: HEAD.size])
        >>> is_error, json.loads(answers.getvalue()[HEAD.size :])[1]
        (1, 'none of that name')
    """
    for line in asked:
        is_error, data = _answer(json.loads(line))
        answers.write(HEAD.pack(is_error, len(data)) + data)
        answers.flush()


def _answer(wish: dict[str, Any]) -> tuple[int, bytes]:
    from netwright.core.errors import ImageError
    from netwright.data.images.decoding import decode

    size = None if wish["size"] is None else tuple(wish["size"])
    try:
        pixels = decode(wish["path"], size=size, channels=wish["channels"], fit=wish["fit"]).contiguous()
    except ImageError as error:
        return 1, json.dumps([error.expected, error.came, error.mend]).encode()
    except MemoryError:
        expected, mend = f"{wish['path']} must fit in memory", "save it at a smaller size"
        return 1, json.dumps([expected, "a picture that does not", mend]).encode()
    return 0, SHAPE.pack(*pixels.shape) + pixels.numpy().tobytes()


def main() -> None:
    """Serve what started this process; what libraries print goes where errors go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that learns
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers)
    except BrokenPipeError:  # the other process has ended
        os._exit(0)


if __name__ == "__main__":
    main()
