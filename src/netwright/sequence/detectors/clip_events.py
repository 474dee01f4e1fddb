"""Events in films, found without labels: what could not be told from the frames before."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.estimators import DeepEstimator
from netwright.estimators.deep_outlier_detector import StrangenessHead
from netwright.layers import ConvLSTMCell, Recurrent
from netwright.training import Training

FIRST = 2
"""Frames from which nothing can be foretold: one does not say what moves."""

FLOOR = 0.5
"""Of the usual spread of scores within a clip; one that is quieter is not measured by its own."""


@final
@dataclass(eq=False, repr=False)
class ClipEventDetector(DeepEstimator):
    """Find rare events in films, such as cells that divide, without a label.

    Use it on clips in which things move, and now and then something happens that their movement does not
    explain. One branch of a convolutional LSTM learns what regularly comes next. The other sees the next
    frame, and may correct the first one, at a price: it learns what comes rarely and without warning, and is
    active where and when that happens. Each clip is brought to its own mean and contrast, and scores to their
    own spread within the clip, so that a fitted model serves films of other brightness and noise.

        regular_t = x_(t-1) + W h_(t-1),   h = ConvLSTM(x_1 ... x_(t-1))
        event_t = V softplus(U [x_t - regular_t; h_(t-1)])
        minimise mean (x_t - regular_t - event_t)^2 + mean (x_t - regular_t)^2 + price mean softplus(...)
        score_t = max over places of what the event branch adds, smoothed; (score - median) / spread in a clip

    Args:
        hidden: channels of the LSTM's state.
        codes: channels of the event branch.
        price: of its activity.
        threshold: in spreads, above which the highest frame nearby is an event.
        apart: frames within which only the highest score is an event.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when the clips cannot be used.

    Example:
        >>> clips = np.random.default_rng(0).normal(0, 0.1, (8, 12, 8, 8))
        >>> clips[3, 7:] += 3 * np.eye(8)  # a sudden change
        >>> model = ClipEventDetector(hidden=2, codes=2, training=Training(epochs=3), random_state=0)
        >>> int(model.fit(clips).score_frames(clips)[3].argmax())
        7

    Source:
        Phan, Kumar, Feng, Fulham and Kim (2017), "An unsupervised long short-term memory neural network for
        event detection in cell videos", arXiv:1709.02081.
        Differs: whole clips in place of patches around candidates, an event branch that is paid for by its
        activity, and no classes of events.
    """

    hidden: int = 8
    codes: int = 4
    price: float = 0.02
    threshold: float = 8.0
    apart: int = 2
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> Tensor:
        """Check X and return it as a tensor (rows, height, time, width): clips may differ in length."""
        clips = check_array(X, dtype=np.float32, ensure_2d=False, allow_nd=True, input_name="X")
        if clips.ndim != 4 or clips.shape[1] <= FIRST:
            expected = f"X must be clips, (rows, time, height, width), of more than {FIRST} frames"
            raise InputError(expected, f"shape {clips.shape}", "give one clip as clip[None]")
        return torch.from_numpy(clips).movedim(1, 2)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return clips, (rows, time, height, width)."""
        clips: Tensor = X if rows is None else X.index_select(0, torch.as_tensor(rows))
        return clips.movedim(2, 1).contiguous()

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return BranchedPredictor(self.hidden, self.codes, self.price)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what regularly happens.

        Args:
            X: clips, (rows, time, height, width).
            y: passed over.

        Raises:
            ValueError: when X cannot be used; the message says what to do.
        """
        clips = self.admit(X, fitting=True)
        validate_data(self, clips, skip_check_array=True)
        self._learn(clips, torch.zeros(len(clips)), lambda _: StrangenessHead())
        self.floor_ = FLOOR * float(np.median(_spread(self._raw(X))[1])) or 1.0
        return self

    def score_frames(self, X: Any) -> np.ndarray:
        """Return how little each frame follows from those before it, (rows, time): about 0 where usual.

        Args:
            X: clips as high as in `fit`, of any number of frames.
        """
        check_is_fitted(self)
        raw = self._raw(X)
        middle, spread = _spread(raw)
        scores: np.ndarray = (raw - middle) / np.maximum(spread, self.floor_)
        scores[:, :FIRST] = 0.0
        return scores

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 for frames at which something happens, else 0, (rows, time).

        Args:
            X: clips as in `score_frames`.
        """
        scores = self.score_frames(X)
        sides = np.pad(scores, ((0, 0), (self.apart, self.apart)), constant_values=-np.inf)
        around = np.lib.stride_tricks.sliding_window_view(sides, 2 * self.apart + 1, axis=1).max(axis=-1)
        events: np.ndarray = ((scores > self.threshold) & (scores == around)).astype(np.int64)
        return events

    def _raw(self, X: Any) -> np.ndarray:
        network: Any = self.network_
        found: np.ndarray = self._ask(X, network.scores).double().numpy()
        return found

    def __sklearn_tags__(self) -> Any:
        """Say that only finite numbers are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = False
        return tags


@final
class BranchedPredictor(nn.Module):
    """The next frame from those before it, and what must be added when it has come: at a price.

    Its answer is its own loss for each clip.

    Args:
        hidden: channels of the state.
        codes: channels of what is added.
        price: of their activity.

    Example:
        >>> network = BranchedPredictor(hidden=2, codes=2, price=0.02)
        >>> clips = torch.zeros(3, 5, 8, 8)
        >>> network(clips).shape, network.scores(clips).shape
        (torch.Size([3, 1]), torch.Size([3, 5]))
    """

    def __init__(self, hidden: int, codes: int, price: float) -> None:
        super().__init__()
        self.price = price
        self.past = Recurrent(ConvLSTMCell(1, hidden))
        self.regular = nn.Conv2d(hidden, 1, 3, padding=1)
        self.notice = nn.Conv2d(hidden + 1, codes, 3, padding=1)
        self.add = nn.Conv2d(codes, 1, 3, padding=1, bias=False)
        nn.init.constant_(self.notice.bias, -2.0)  # type: ignore[arg-type]

    def forward(self, clips: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch 1"]:
        surprise, added, codes = self._branches(clips)
        left = (surprise - added).square().flatten(1).mean(1)
        regular = surprise.square().flatten(1).mean(1)
        return (left + regular + self.price * codes.flatten(1).mean(1)).unsqueeze(1)

    def scores(self, clips: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch time"]:
        """Return how much is added at each frame, at the place where it is most; none at the first.

        Args:
            clips: of any brightness.
        """
        _, added, _ = self._branches(clips)
        smooth = F.avg_pool2d(added.abs(), 3, stride=1, padding=1)
        return F.pad(smooth.flatten(2).amax(2), (1, 0))

    def _branches(self, clips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the regular branch lacks at each frame but the first, what is added to it, and the codes."""
        middle = clips.mean((1, 2, 3), keepdim=True)
        spread = clips.std((1, 2, 3), keepdim=True, correction=0).clamp_min(1e-6)
        frames = ((clips - middle) / spread).unsqueeze(2)  # (batch, time, 1, height, width)
        states, _ = self.past(frames[:, :-1])
        batch, time = states.shape[:2]
        told: Tensor = self.regular(states.flatten(0, 1))
        regular = frames[:, :-1] + told.reshape(batch, time, *told.shape[1:])
        surprise = frames[:, 1:] - regular
        seen = torch.cat([surprise, states], 2).flatten(0, 1)
        codes = F.softplus(self.notice(seen))
        added: Tensor = self.add(codes)
        by_frame = [one.reshape(batch, time, *one.shape[1:]) for one in (added, codes)]
        return surprise.squeeze(2), by_frame[0].squeeze(2), by_frame[1]


def _spread(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The median of each clip's scores, and their standard deviation by the median distance from it."""
    known = raw[:, FIRST:]
    middle = np.median(known, axis=1, keepdims=True)
    return middle, np.median(np.abs(known - middle), axis=1, keepdims=True) * 1.4826
