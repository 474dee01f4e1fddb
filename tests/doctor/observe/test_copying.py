"""Networks are copied whole, whatever their attributes hold and however they would pickle themselves."""

import copyreg
import math
import sys
from types import ModuleType

import torch
from torch import nn

from netwright.doctor.observe.copying import copy_networks


class KerasSaveable:
    """As Keras' base: pickling is writing to a file, which knows no classes of one's own."""

    def __reduce__(self):
        raise ValueError("unknown class")


class Layer(nn.Linear, KerasSaveable):
    def __init__(self):
        super().__init__(2, 1)
        self.functions = math


def test_a_layer_that_would_write_itself_to_a_file_is_copied_and_keeps_modules(monkeypatch):
    keras = ModuleType("keras.src.saving.keras_saveable")
    keras.KerasSaveable = KerasSaveable
    monkeypatch.setitem(sys.modules, keras.__name__, keras)
    before, layer = dict(copyreg.dispatch_table), Layer()
    twin = copy_networks([layer]).modules[id(layer)]
    assert twin is not layer
    assert twin.functions is math
    assert torch.equal(twin.weight, layer.weight)
    assert twin.weight is not layer.weight
    assert copyreg.dispatch_table == before
    assert "__reduce__" in vars(KerasSaveable)
