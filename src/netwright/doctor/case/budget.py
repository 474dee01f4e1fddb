"""Time that the doctor may take, so that an examination never costs more than it promised."""

import time


class Budget:
    """Seconds that may be spent.

    Args:
        seconds: in all.

    Example:
        >>> Budget(0.0).allows(1.0), Budget(60.0).allows(1.0)
        (False, True)
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.start = time.perf_counter()

    @property
    def left(self) -> float:
        """Seconds that are left, 0 at least."""
        return max(0.0, self.seconds - (time.perf_counter() - self.start))

    def allows(self, seconds: float) -> bool:
        """Return whether so many seconds are left.

        Args:
            seconds: that something will take, as far as one knows.
        """
        return self.left >= seconds
