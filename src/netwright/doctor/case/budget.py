"""Time that the doctor may take, so that an examination never costs more than it promised."""

import time

MOST_WAITING = 3.0
"""Times the seconds after which time is up by the clock on the wall, however busy the machine is."""


class Budget:
    """Seconds that may be spent, of this thread's own time.

    So a busy machine changes nothing about what is found; by the clock on the wall it ends after three times
    as long at the latest.

    Args:
        seconds: in all.

    Example:
        >>> Budget(0.0).allows(1.0), Budget(60.0).allows(1.0)
        (False, True)
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.start, self.wall = time.thread_time(), time.perf_counter()

    @property
    def left(self) -> float:
        """Seconds that are left, 0 at least."""
        waited = time.perf_counter() - self.wall
        own = time.thread_time() - self.start
        return max(0.0, self.seconds - max(own, waited / MOST_WAITING))

    def allows(self, seconds: float) -> bool:
        """Return whether so many seconds are left.

        Args:
            seconds: that something will take, as far as one knows.
        """
        return self.left >= seconds
