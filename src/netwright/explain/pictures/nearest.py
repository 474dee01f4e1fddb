"""Nearest training examples: what the network has learned from that looks the same to it."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.layer_answers import predict_layer

PAIRS_AT_ONCE = 1 << 24
"""Similarities that are held at once."""


def nearest_examples(
    model: Any,
    images: Any,
    training_images: Any,
    layer: str | nn.Module | None = None,
    *,
    n_neighbours: int = 5,
    batch_size: int = 256,
) -> tuple[Tensor, Tensor]:
    """Return the training pictures that are most like others, as a network sees them.

    Use it to explain an answer by examples, to find the wrong label behind a wrong answer, and to see
    duplicates of test pictures among those of training.

        the n largest cos(f(x), f(x_i)) over training rows i

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        images: whose likes are looked for.
        training_images: among which they are looked for.
        layer: whose answers f are compared, by its name; None for what the last linear layer is given.
        n_neighbours: for each picture.
        batch_size: pictures at once.

    Returns:
        Row numbers among the training pictures, (rows, n_neighbours), nearest first, and the similarities.

    Raises:
        InputError: when there are fewer training pictures, or the network has no such layer.

    Example:
        >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
        >>> known = torch.eye(4).view(4, 1, 2, 2)
        >>> rows, alike = nearest_examples(network, known[2:], known, n_neighbours=1)
        >>> rows.tolist(), alike.tolist()
        ([[2], [3]], [[1.0], [1.0]])
    """
    network = model if isinstance(model, nn.Module) else getattr(model, "network_", None)
    if not isinstance(network, nn.Module):
        mend = "give a torch module, or fit the estimator first"
        raise InputError("model must be a network or a fitted estimator", type(model).__name__, mend)
    if not 1 <= n_neighbours <= len(training_images):
        came = f"{n_neighbours} of {len(training_images)}"
        raise InputError("n_neighbours must be from 1 to the training pictures", came, "ask for fewer")

    def features(pictures: Any) -> Tensor:
        pixels = torch.as_tensor(pictures if model is network else model.admit(pictures)).float()
        return F.normalize(predict_layer(network, pixels, layer, batch_size=batch_size).flatten(1), dim=1)

    known, asked = features(training_images), features(images)
    parts = asked.split(max(PAIRS_AT_ONCE // len(known), 1))  # type: ignore[no-untyped-call]
    found = [(part @ known.T).topk(n_neighbours) for part in parts]
    return torch.cat([one.indices for one in found]), torch.cat([one.values for one in found])
