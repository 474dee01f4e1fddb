"""SOCRAT: a sequence model is explained by asking it about many changed inputs."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.explain.sequences.links import SequenceLinks

Tokens = Sequence[Hashable]
Changed = tuple[list[Tokens], NDArray[np.bool_]]
"""Changed sequences, and (sequences, tokens) True where a token of the input is still there."""

Perturb = Callable[[Tokens, int, np.random.Generator], Changed]
"""(tokens, how many, random numbers) -> changed sequences."""

NEWTON_STEPS = 50


def explain_tokens(
    model: Callable[[list[Tokens]], Sequence[Tokens]],
    tokens: Tokens,
    *,
    vocabulary: Sequence[Hashable] | None = None,
    perturb: Perturb | None = None,
    n_samples: int = 500,
    change: float = 0.4,
    prior: float = 3.0,
    certainty: float = 3.0,
    random_state: int = 0,
) -> SequenceLinks:
    """Return which tokens of an input a model's answer hangs on, token by token, for one input.

    Use it for any model from sequences to sequences that can be asked: a translator, a summariser, a tagger,
    a service of somebody else. The model is asked about changed inputs, and for each token of its answer a
    logistic regression finds of which tokens its presence depends. Tokens linked with each other form groups.

        P(y_j in the answer to x') = sigmoid(b_j + sum_i w_ij [x_i is still in x'])
        w_j ~ N(0, prior^2), taken at its most probable, with the deviations of Laplace's approximation

    Args:
        model: takes a list of sequences and gives as many.
        tokens: the input that is explained.
        vocabulary: what tokens are replaced by; None where they are left out instead.
        perturb: changes of your own, such as samples of an autoencoder that stay close to the meaning.
        n_samples: changed inputs.
        change: share of tokens that are changed in each.
        prior: standard deviation of the links beforehand.
        certainty: deviations that a link must be away from 0 to count.
        random_state: seed.

    Raises:
        InputError: when there are no tokens, a setting is out of range, or the model gives other numbers of
            answers than it was asked for.

    Example:
        >>> words = {"le": "the", "chat": "cat", "dort": "sleeps"}
        >>> def translate(sentences):
        ...     return [[words[one] for one in sentence] for sentence in sentences]
        >>> links = explain_tokens(translate, ["le", "chat", "dort"], n_samples=200)
        >>> links.groups()
        [(('le',), ('the',)), (('chat',), ('cat',)), (('dort',), ('sleeps',))]

    Source:
        Alvarez-Melis and Jaakkola (2017), "A causal framework for explaining the predictions of black-box
        sequence-to-sequence models", arXiv:1707.01943.
        Differs: inputs are changed at random unless `perturb` is given, where the paper samples a variational
        autoencoder; doubt is taken off each link before the graph is cut, by spectral co-clustering, where
        the paper solves a mixed-integer program over intervals.
    """
    if not len(tokens) or n_samples < 1 or not 0 < change < 1 or prior <= 0:
        came = f"{len(tokens)} tokens, {n_samples}, {change} and {prior}"
        mend = "give one sequence, and leave the settings out"
        raise InputError("n_samples must be 1 or more, change within 0 and 1, prior above 0", came, mend)
    rng = np.random.default_rng(random_state)
    if perturb is None:
        changed, kept = _change(tokens, n_samples, rng, change, vocabulary)
    else:
        changed, kept = perturb(tokens, n_samples, rng)
    answers = list(model([tokens, *changed]))
    if len(answers) != len(changed) + 1:
        came = f"{len(answers)} for {len(changed) + 1}"
        raise InputError("model must give one answer for each sequence", came, "give them in their order")
    present = np.stack([_present(answers[0], answer) for answer in answers[1:]])
    inputs, outputs = tuple(map(str, tokens)), tuple(map(str, answers[0]))
    weights, deviations = logistic_links(np.asarray(kept, np.float64), present, prior)
    return SequenceLinks(inputs, outputs, weights, deviations, certainty)


def explain_series(
    model: Callable[[NDArray[np.float64]], Any],
    series: Any,
    *,
    n_samples: int = 500,
    scale: float = 0.1,
    certainty: float = 3.0,
    random_state: int = 0,
) -> SequenceLinks:
    """Return how each number of an answer hangs on each number of a series, around this series.

    Use it as `explain_tokens` where both sides are numbers: a forecaster, a filter, a regressor of several
    outputs. The model is asked about the series with noise, and a linear regression of its answers on the
    noise tells by how much an answer moves with each number, and how sure that is.

        answer_j(x + d) = b_j + sum_i w_ij d_i + rest,   d_i ~ N(0, (scale sd_i)^2)

    Where the model bends, w is its mean slope over such noise. There must be more samples than numbers.

    Args:
        model: takes (rows, time) or (rows, time, features), as the series has them, and gives one or more
            numbers for each row.
        series: (time) or (time, features), what is explained.
        n_samples: noisy series.
        scale: of the noise, as a share of each feature's standard deviation over time.
        certainty: deviations that a link must be away from 0 to count.
        random_state: seed.

    Raises:
        InputError: when the series has other axes or gaps, samples are too few, scale is not above 0, or
            the model gives other rows.

    Example:
        >>> links = explain_series(lambda x: 2 * x[:, 1:] - x[:, :-1], [1.0, 2.0, 4.0], n_samples=100)
        >>> (links.weights.round(6) + 0).tolist()
        [[-1.0, 0.0], [2.0, -1.0], [0.0, 2.0]]

    Source:
        Alvarez-Melis and Jaakkola (2017), "A causal framework for explaining the predictions of black-box
        sequence-to-sequence models", arXiv:1707.01943.
        Differs: noise in place of changed tokens, and a linear regression in place of a logistic one.
    """
    x = np.asarray(series, dtype=np.float64)
    if x.ndim not in (1, 2) or not np.isfinite(x).all() or scale <= 0:
        came = f"{x.shape} and {scale}"
        raise InputError("series must be finite (time) or (time, features), scale above 0", came, "fill gaps")
    if n_samples < x.size + 2:
        raise InputError(f"n_samples must be above {x.size + 1}", str(n_samples), "ask for more")
    spread = x.std(0)
    noise = np.random.default_rng(random_state).normal(size=(n_samples, *x.shape))
    noise *= scale * np.where(spread > 0, spread, 1.0)
    answers = np.asarray(model(np.concatenate([x[None], x + noise])), dtype=np.float64)
    if len(answers) != n_samples + 1:
        came = f"{len(answers)} for {n_samples + 1}"
        raise InputError("model must give one answer for each row", came, "give them in their order")
    moved = answers[1:].reshape(n_samples, -1)
    weights, deviations = _linear_links(noise.reshape(n_samples, -1), moved)
    return SequenceLinks(_labels(x.shape), _labels(answers.shape[1:]), weights, deviations, certainty)


def logistic_links(
    kept: NDArray[np.float64], present: NDArray[np.bool_], prior: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Bayesian logistic regressions, one for each column of `present`: links and their deviations.

    All are solved at once, by Newton's method from zero; the constant has the prior of the links.

    Args:
        kept: (samples, inputs), what the presence is explained by.
        present: (samples, outputs), what is explained.
        prior: standard deviation of the links beforehand.

    Example:
        >>> kept = np.array([[0.0], [0.0], [1.0], [1.0]])
        >>> weights, deviations = logistic_links(kept, kept > 0, 2.0)
        >>> weights.shape, bool(weights[0, 0] > 0)
        ((1, 1), True)
    """
    rows = np.hstack([np.ones((len(kept), 1)), kept])
    shrink = np.eye(rows.shape[1]) / prior**2
    links = np.zeros((present.shape[1], rows.shape[1]))
    curve = np.empty((0,))
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(links @ rows.T, -500, 500)))  # (outputs, samples)
        slope = (present.T - chance) @ rows - links @ shrink
        curve = np.einsum("os,si,sj->oij", chance * (1 - chance), rows, rows, optimize=True) + shrink
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        links = links + step
        if np.abs(step).max(initial=0.0) < 1e-9:
            break
    spread = np.sqrt(np.diagonal(np.linalg.inv(curve), axis1=1, axis2=2))
    return links[:, 1:].T, spread[:, 1:].T


def _linear_links(
    noise: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least squares with the usual standard errors."""
    rows = np.hstack([np.ones((len(noise), 1)), noise])
    inverse = np.linalg.inv(rows.T @ rows)
    links = inverse @ rows.T @ moved
    rest = np.square(moved - rows @ links).sum(0) / (len(rows) - rows.shape[1])
    # What is left by rounding alone is no doubt, but a link of the same size is no link either.
    least = 1e-12 * np.abs(moved).max(initial=0.0) ** 2
    deviations = np.sqrt(np.diagonal(inverse)[:, None] * np.maximum(rest, least))
    return links[1:], deviations[1:]


def _change(
    tokens: Tokens,
    n_samples: int,
    rng: np.random.Generator,
    change: float,
    vocabulary: Sequence[Hashable] | None,
) -> Changed:
    kept = rng.random((n_samples, len(tokens))) >= change
    if vocabulary is None:
        return [[one for one, held in zip(tokens, row, strict=True) if held] for row in kept], kept
    drawn = rng.integers(len(vocabulary), size=kept.shape)
    changed: list[Tokens] = [
        [one if held else vocabulary[new] for one, held, new in zip(tokens, row, others, strict=True)]
        for row, others in zip(kept, drawn, strict=True)
    ]
    same = np.array([[new == old for new, old in zip(row, tokens, strict=True)] for row in changed])
    return changed, kept | same


def _present(asked: Tokens, answer: Tokens) -> NDArray[np.bool_]:
    """Whether each token of an answer is in another one; of equal ones the k-th where k or more are there."""
    there, seen = Counter(answer), Counter[Hashable]()
    found = []
    for token in asked:
        seen[token] += 1
        found.append(there[token] >= seen[token])
    return np.array(found, dtype=bool)


def _labels(shape: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(",".join(map(str, place)) for place in np.ndindex(*shape)) if shape else ("0",)
