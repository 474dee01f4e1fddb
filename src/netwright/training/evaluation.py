"""What a network says about validation rows: loss, truth and prediction."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from netwright.training.batches import move
from netwright.training.feed import validation_batches

if TYPE_CHECKING:
    from netwright.training.run import Run


def evaluate(run: "Run") -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean loss over all validation rows, the truth and the prediction, on every process alike.

    Args:
        run: with validation rows; the network is left in evaluation mode.
    """
    assert run.validation is not None  # noqa: S101  (callers ask first)
    run.network.eval()
    total, seen, truths, predictions = 0.0, 0, [], []
    with torch.inference_mode():
        for part in validation_batches(run.validation, run.steps.batch_size, run.world):
            batch = move(part, run.device)
            n_rows = run.objective.n_rows(batch)
            mean, prediction = run.call(run.objective.judge, batch)
            total += float(mean) * n_rows
            seen += n_rows
            truths.append(run.objective.truth(batch).cpu())
            predictions.append(prediction.cpu())
    loss, n_all = run.world.sums([total, seen])
    truth, prediction = (run.world.gather(torch.cat(parts)) for parts in (truths, predictions))
    return loss / n_all, truth.numpy(), prediction.numpy()
