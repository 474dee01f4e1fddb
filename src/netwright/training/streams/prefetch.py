"""Reading ahead in a thread, so that the network does not wait for the disk."""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, final

from netwright.core.errors import InputError
from netwright.training.streams.loader_stream import LoaderStream
from netwright.training.streams.stream import Stream


@final
@dataclass(frozen=True)
class Prefetch(Stream):
    """The same batches as another stream's, read in a thread while the network learns.

    Use it around a `ParquetStream` or a stream of your own where reading takes a good part of the time: files
    are read and decoded outside of Python's lock. A `LoaderStream` reads ahead by itself.

    Args:
        stream: what is read.
        ahead: batches that wait in memory, at most.

    Raises:
        InputError: when `ahead` is below 1, or the stream is a `LoaderStream`.

    Example:
        >>> class Letters(Stream):
        ...     def __len__(self):
        ...         return 4
        ...     def read(self, spans, seed):
        ...         return ("abcd"[first:last] for first, last in spans)
        >>> from netwright.training import Steps
        >>> list(Prefetch(Letters()).batches(Steps(4, 3)))
        ['abc', 'd']
    """

    stream: Stream
    ahead: int = 2

    def __post_init__(self) -> None:
        if self.ahead < 1:
            raise InputError("ahead must be at least 1", str(self.ahead), "2 is usual")
        if isinstance(self.stream, LoaderStream):
            # its rows draw from the streams of the process, which a thread would share with the network
            expected = "stream must be one that does not read ahead"
            raise InputError(expected, "a LoaderStream", "leave Prefetch out and give it workers")

    def __len__(self) -> int:
        return len(self.stream)

    def read(self, spans: Iterable[tuple[int, int]], seed: int | None) -> Iterator[Any]:
        """Give the batches of the other stream; the thread ends with the pass, or when it is broken off."""
        waiting: queue.Queue[_News] = queue.Queue(self.ahead)
        enough = threading.Event()
        reading = (self.stream.read(spans, seed), waiting, enough)
        thread = threading.Thread(target=_read_ahead, args=reading, name="netwright-prefetch", daemon=True)
        thread.start()
        try:
            while True:
                news = waiting.get()
                if news.error is not None:
                    raise news.error
                if news.is_end:
                    return
                yield news.batch
        finally:
            enough.set()
            while not waiting.empty():  # makes room, should the thread be waiting for it
                waiting.get_nowait()
            thread.join()


@dataclass(frozen=True)
class _News:
    batch: Any = None
    error: BaseException | None = None
    is_end: bool = False


def _read_ahead(batches: Iterator[Any], waiting: "queue.Queue[_News]", enough: threading.Event) -> None:
    try:
        for batch in batches:
            waiting.put(_News(batch))
            if enough.is_set():
                break
        else:
            waiting.put(_News(is_end=True))
    except BaseException as error:  # the consumer is to hear of it, whatever it is
        waiting.put(_News(error=error))
    finally:
        if hasattr(batches, "close"):
            batches.close()
