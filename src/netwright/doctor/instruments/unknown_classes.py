"""How sure a classifier is of what it has never seen: softmax beside dropout at work."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.doctor.probe.training import is_dropout
from netwright.metrics import roc_auc


@dataclass(frozen=True)
class Sureness:
    """How well two scores tell rows of known classes from rows of none of them.

    Args:
        softmax_auc: of the largest probability, dropout at rest.
        dropout_auc: of minus the entropy of the mean probabilities, dropout at work.
        softmax_of_unknown: mean largest probability of the rows of no known class.

    Example:
        >>> Sureness(0.8, 0.9, 0.95).dropout_auc
        0.9
    """

    softmax_auc: float
    dropout_auc: float
    softmax_of_unknown: float


def compare_sureness(
    network: nn.Module,
    known: Float[Tensor, "batch ..."],
    unknown: Float[Tensor, "others ..."],
    *,
    n_passes: int = 50,
    random_state: int = 0,
) -> Sureness:
    """Compare the largest softmax probability with Monte Carlo dropout as a sign that a row is of no class.

    Use it before you take a softmax for a confidence: of a frog a network that knows apples and dogs may be
    sure as well. With dropout at work many networks are asked at once, and where they disagree the row is
    strange. Weights and modes stay as they are.

        softmax:  max_c p_c(x)        dropout:  -H(mean over passes of p(x))

    Args:
        network: rows -> (rows, classes) scores, with dropout in it.
        known: held-out rows of its classes.
        unknown: rows of none of them.
        n_passes: with dropout at work.
        random_state: of the dropout.

    Raises:
        InputError: when the network has no dropout.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
        >>> 0 <= compare_sureness(network, torch.randn(9, 2), torch.randn(9, 2)).dropout_auc <= 1
        True

    Source:
        Gal and Ghahramani (2016), "Dropout as a Bayesian Approximation: Representing Model Uncertainty in
        Deep Learning", arXiv:1506.02142; Hendrycks and Gimpel (2017), "A Baseline for Detecting
        Misclassified and Out-of-Distribution Examples in Neural Networks", arXiv:1610.02136.
    """
    hiding = [part for part in network.modules() if is_dropout(part)]
    if not hiding:
        raise InputError("network must have dropout", "none of its parts has", "add nn.Dropout")
    rows = torch.cat([known, unknown])
    truth = [1] * len(known) + [0] * len(unknown)
    modes = {part: part.training for part in network.modules()}
    try:
        with torch.no_grad(), torch.random.fork_rng():
            network.eval()
            largest = network(rows).softmax(1).max(1)[0]
            for part in hiding:
                part.train()
            torch.manual_seed(random_state)
            mean = torch.stack([network(rows).softmax(1) for _ in range(n_passes)]).mean(0)
    finally:
        for part, mode in modes.items():
            part.training = mode
    entropy = torch.special.entr(mean).sum(1)
    return Sureness(
        float(roc_auc(truth, largest.double().numpy())),
        float(roc_auc(truth, -entropy.double().numpy())),
        float(largest[len(known) :].mean()),
    )
