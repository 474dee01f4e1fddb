"""Weights that others have published: read from a local file, checked name by name, never downloaded."""

import hashlib
import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from netwright.core.errors import ModelError

COUNTER = "num_batches_tracked"
"""A buffer of batch normalisation that weight files of before 2018 lack."""

WRAPPINGS = ("state_dict", "model_state_dict", "model")
"""Keys under which checkpoints keep the weights among other things."""


def read_weights(file: str | Path) -> dict[str, Tensor]:
    """Read a file of weights into memory, without executing anything that is in it.

    Use it on .pth and .pt files as torch writes them, and on .safetensors. A checkpoint that keeps its
    weights under "state_dict", "model_state_dict" or "model" is unwrapped; "module." before every name, which
    data-parallel training leaves there, is dropped; names of DenseNet from before 2018 are brought up to
    date. A .pth whose name ends in a fingerprint, as in resnet18-f37072fd.pth, is held against it.

    Args:
        file: to read.

    Raises:
        ModelError: when there is no such file, it is damaged, would execute code, or holds no weights.

    Example:
        >>> read_weights("nowhere/resnet18-f37072fd.pth")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: weights must be a file, got nowhere/resnet18-f37072fd.pth, ...
    """
    path = Path(file)
    if not path.is_file():
        mend = "download it beforehand; netwright downloads nothing"
        raise ModelError("weights must be a file", f"{path}, which is none", mend)
    content = _safetensors(path) if path.suffix == ".safetensors" else _torch(path)
    for key in WRAPPINGS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content or not all(map(_is_weight, content.items())):
        raise ModelError(f"{path} must hold tensors by name", _kind(content), "save network.state_dict()")
    bare = all(name.startswith("module.") for name in content)
    return {_present(name.removeprefix("module.") if bare else name): one for name, one in content.items()}


def load_weights(network: nn.Module, weights: Mapping[str, Tensor] | str | Path) -> None:
    """Give a network all its weights, or refuse them all.

    Use it where file and network must be one architecture; to go on with other classes, load first and then
    use `replace_head`. Weights take the network's precision. The counters of batch normalisation may lack.

    Args:
        network: it is changed, or left as it was when the weights are refused.
        weights: a file, as `read_weights` takes it, or tensors by name.

    Raises:
        ModelError: when a weight lacks, is too many or has another shape; each is named, up to three of them.

    Example:
        >>> network = nn.Linear(2, 3)
        >>> load_weights(network, {"weight": torch.ones(3, 2), "bias": torch.ones(2)})
        Traceback (most recent call last):
        netwright.core.errors.ModelError: weights must be those of Linear, got bias of shape (2,) ...
    """
    found = dict(weights) if isinstance(weights, Mapping) else read_weights(weights)
    own = network.state_dict()
    for name, value in own.items():
        if name.endswith(COUNTER) and name not in found:
            found[name] = torch.zeros_like(value, device="cpu")
    faults = [
        *(f"no {name}" for name in own if name not in found),
        *(f"{name}, which it has not" for name in found if name not in own),
        *(
            f"{name} of shape {tuple(found[name].shape)} instead of {tuple(value.shape)}"
            for name, value in own.items()
            if name in found and found[name].shape != value.shape
        ),
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        mend = "build the network as the file's was; replace_head afterwards, if classes differ"
        came = ", ".join(faults[:3]) + more
        raise ModelError(f"weights must be those of {type(network).__name__}", came, mend)
    taken = {name: found[name].to(value.dtype) for name, value in own.items()}
    network.load_state_dict(taken, assign=any(value.is_meta for value in own.values()))


@final
@dataclass(frozen=True)
class Pretrained:
    """A published architecture, and the files under which torchvision publishes its weights.

    Use it through `CATALOGUE`, which lists all of them, and `load_pretrained`.

    Args:
        name: torchvision's.
        build: makes the network without arguments.
        files: torchvision's names of its weight files; the newer of two, if there are two, is the last.

    Example:
        >>> entry = Pretrained("line", lambda: nn.Linear(1, 1), ("line-00000000.pth",))
        >>> entry.load("line.pth")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: weights must be a file, got line.pth, which is none; download it ...

    Source:
        BVLC, "Caffe Model Zoo", https://caffe.berkeleyvision.org/model_zoo.html; names and files:
        https://docs.pytorch.org/vision/stable/models.html.
    """

    name: str
    build: Callable[[], nn.Module]
    files: tuple[str, ...]

    def load(self, file: str | Path) -> nn.Module:
        """Build the network with the weights of a file, ready to predict.

        Args:
            file: with the weights of this architecture, under whatever name.

        Raises:
            ModelError: as `read_weights` and `load_weights`.
        """
        weights = read_weights(file)
        with torch.device("meta"):  # the initial weights would be thrown away
            network = self.build()
        load_weights(network, weights)
        return network.eval()


def _torch(path: Path) -> object:
    promised = re.search(r"-([0-9a-f]{8,64})$", path.stem)
    if promised:
        with path.open("rb") as stream:
            came = hashlib.file_digest(stream, "sha256").hexdigest()
        if not came.startswith(promised[1]):
            expected = f"{path} must have the fingerprint {promised[1]} of its name"
            raise ModelError(expected, came[: len(promised[1])], "download it again, it is damaged")
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        mend = "take a file with nothing but a state_dict, from whoever published it"
        raise ModelError(f"{path} must hold tensors alone", "content that would run code", mend) from error
    except (RuntimeError, ValueError, EOFError, KeyError, IndexError, OSError) as error:
        raise _damaged(path) from error
    return content


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise _damaged(path) from error
    return tensors


def _damaged(path: Path) -> ModelError:
    return ModelError(f"{path} must be a file of weights", "a damaged or other one", "fetch it again")


def _is_weight(item: tuple[object, object]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], Tensor)


def _kind(content: object) -> str:
    return "an empty one" if content in ({}, None) else f"{type(content).__name__} of other things"


def _present(name: str) -> str:
    """A dense layer's parts had a dot in their names when torchvision published them."""
    return re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.", r"\1\2.", name)
