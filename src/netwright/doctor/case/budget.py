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
        binds: whether `lift` may not give more.

    Example:
        >>> Budget(0.0).allows(1.0), Budget(60.0).allows(1.0)
        (False, True)
    """

    def __init__(self, seconds: float, *, binds: bool = False) -> None:
        self.seconds, self.binds = seconds, binds
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

    def lift(self, seconds: float) -> None:
        """Leave so many seconds at least, unless the user has said how many there are.

        Args:
            seconds: from now on.

        Example:
            >>> free, bound = Budget(0.0), Budget(0.0, binds=True)
            >>> free.lift(5.0), bound.lift(5.0)
            (None, None)
            >>> free.allows(4.0), bound.allows(4.0)
            (True, False)
        """
        if not self.binds:
            self.seconds = max(self.seconds, self.seconds - self.left + seconds)
