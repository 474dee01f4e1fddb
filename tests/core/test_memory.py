"""Memory that is handed back where a process is large, and a small one that is left alone."""

import gc
import weakref

import pytest

from netwright.core import memory


class Loop:
    """An object that only the search for garbage can find."""

    def __init__(self):
        self.itself = self


@pytest.mark.parametrize(
    ("resident", "gone"), [(memory.LITTLE - 1, False), (memory.LITTLE, True), (None, True)]
)
def test_a_large_process_gives_garbage_back_and_a_small_one_does_not_look_for_it(monkeypatch, resident, gone):
    monkeypatch.setattr(memory, "_resident", lambda: resident)
    gc.disable()
    try:
        left = weakref.ref(Loop())
        memory.release_memory()
        assert (left() is None) is gone
    finally:
        gc.enable()


def test_what_this_process_holds_is_what_the_system_says():
    resource = pytest.importorskip("resource")
    most = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 1 << 20 < memory._resident() <= most + (1 << 20)
