"""The deep image prior: one picture is mended by a network that has seen nothing but that picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from torch import Tensor

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.data import read_images
from netwright.nets import Hourglass
from netwright.training.bar import progress_bar

NOISE_MAPS, NOISE_SCALE = 32, 0.1
"""What the network is given: fixed noise, uniform from 0 to the scale."""
MEMORY = 0.99
"""How much of the mean of past pictures stays at each step."""
LEAST_MEMORY = 50
"""Steps before the mean counts: the first pictures show nothing."""
Picture = UInt8[np.ndarray, "height width *channels"]


@final
@dataclass(eq=False, repr=False)
class DeepImagePrior(BaseEstimator):  # type: ignore[misc]
    """Mend one picture with an untrained network: take noise off, fill holes, add pixels.

    Use it where there are no other pictures to learn from. An hourglass of convolutions is fitted to the
    damaged picture alone; what pictures share, edges and smooth faces, it fits long before it fits noise. So
    one stops early. When, is found by pixels that are held out of the fit: their error falls as long as the
    network learns the picture, and rises as soon as it learns the noise. Each picture is a training of its
    own, which takes minutes for a large one.

        minimise over w   mean over kept pixels of (A f_w(z) - x)^2,   z fixed noise;   answer = f_w(z)

    A is nothing for noise, the mask for holes, the mean over blocks of pixels for more pixels. The answer is
    a running mean of what the network gives, from the step with the least error at the pixels held out.

    Args:
        widths: maps of each scale of the hourglass.
        skip: maps of each of its skips.
        steps: at most; it ends before when the held-out error has not fallen for a quarter of them.
        learning_rate: of Adam.
        jitter: standard deviation of fresh noise on the network's input at each step.
        held_out: share of the pixels that say when to stop.
        random_state: seed of everything that is drawn.
        progress: whether a bar on stderr shows how far it is.

    Raises:
        InputError: when a setting, a mask or a factor cannot be used.
        ImageError: when there is not one picture.

    Example:
        >>> picture = np.full((16, 16), 90, np.uint8) + np.eye(16, dtype=np.uint8)
        >>> model = DeepImagePrior(widths=(8, 8), steps=20, random_state=0)
        >>> model.denoise(picture).shape, model.super_resolve(picture, 2).shape
        ((16, 16), (32, 32))
        >>> len(model.held_out_errors_)
        20

    Source:
        Ulyanov, Vedaldi and Lempitsky (2018), "Deep Image Prior", arXiv:1711.10925; the error at pixels held
        out: Batson and Royer (2019), "Noise2Self: Blind Denoising by Self-Supervision", arXiv:1901.11365.
        Differs: it stops by itself, where the paper sets the number of steps; a smaller hourglass; pixels are
        added against means over blocks in place of Lanczos' kernel.
    """

    widths: Sequence[int] = (32, 32, 32)
    skip: int = 4
    steps: int = 2000
    learning_rate: float = 0.01
    jitter: float = 1 / 30
    held_out: float = 0.1
    random_state: Any = None
    progress: bool = False

    def denoise(self, picture: Any) -> Picture:
        """Return the picture without its noise.

        Args:
            picture: (height, width[, channels]), or a path.
        """
        seen = _read(picture)
        return self._mend(seen, torch.ones_like(seen[:, :1], dtype=torch.bool), _as_it_is, seen.shape[2:])

    def inpaint(self, picture: Any, mask: Any) -> Picture:
        """Return the picture with its holes filled; what is known stays as it is.

        Args:
            picture: (height, width[, channels]), or a path.
            mask: (height, width), True where the picture is known.
        """
        seen, known = _read(picture), torch.as_tensor(np.asarray(mask, dtype=bool))
        if tuple(known.shape) != tuple(seen.shape[2:]):
            came = f"{tuple(known.shape)} for {tuple(seen.shape[2:])}"
            raise InputError(
                "mask must have the picture's height and width", came, "give True where it is known"
            )
        filled = self._mend(seen, known[None, None], _as_it_is, seen.shape[2:])
        kept = known.numpy().reshape(known.shape + (1,) * (filled.ndim - 2))
        original: Picture = np.where(kept, _to_array(seen), filled)
        return original

    def super_resolve(self, picture: Any, factor: int = 2) -> Picture:
        """Return the picture with more pixels, whose means over blocks are the picture's pixels.

        Args:
            picture: (height, width[, channels]), or a path.
            factor: by how much either side grows.
        """
        if factor < 1:
            raise InputError("factor must be 1 or more", str(factor), "2 is usual")
        seen = _read(picture)
        size = torch.Size([factor * side for side in seen.shape[2:]])
        known = torch.ones_like(seen[:, :1], dtype=torch.bool)
        return self._mend(seen, known, lambda large: F.avg_pool2d(large, factor), size)

    def _mend(
        self, seen: Tensor, known: Tensor, damage: Callable[[Tensor], Tensor], size: torch.Size
    ) -> Picture:
        self._check(known)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        with isolated_seed(seed):
            return _to_array(self._fit(seen.float() / 255, known, damage, size) * 255)

    def _fit(
        self, target: Tensor, known: Tensor, damage: Callable[[Tensor], Tensor], size: torch.Size
    ) -> Tensor:
        network = Hourglass(NOISE_MAPS, target.shape[1], self.widths, self.skip)
        optimizer = torch.optim.Adam(network.parameters(), self.learning_rate)
        noise = NOISE_SCALE * torch.rand(1, NOISE_MAPS, *size)
        judging = known & (torch.rand(known.shape) < self.held_out)
        kept = (known & ~judging).float()
        judging = judging.float()
        best = mean = torch.zeros(1)
        self.held_out_errors_, self.best_step_ = list[float](), 0
        with progress_bar("mending", self.steps, shown=self.progress) as tell_progress:
            for step in range(self.steps):
                optimizer.zero_grad()
                picture = network(noise + self.jitter * torch.randn_like(noise))
                _error(damage(picture), target, kept).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                share = min(MEMORY, step / (step + LEAST_MEMORY))
                mean = share * mean + (1 - share) * picture.detach()
                self.held_out_errors_.append(float(_error(damage(mean), target, judging)))
                tell_progress(step + 1, f"held-out error {self.held_out_errors_[-1]:.4g}")
                if self.held_out_errors_[-1] <= self.held_out_errors_[self.best_step_]:
                    self.best_step_, best = step, mean
                elif step - self.best_step_ > self.steps // 4:
                    break
        return best

    def _check(self, known: Tensor) -> None:
        if self.steps < 1 or not 0 < self.held_out < 1:
            came = f"{self.steps} and {self.held_out}"
            raise InputError("steps must be 1 or more, held_out between 0 and 1", came, "0.1 is usual")
        n_known = int(known.sum())
        if n_known * self.held_out < 1:
            came = f"{n_known} pixels that are known"
            raise InputError(
                "some pixels must be left to be held out", came, "larger pictures, or more of them known"
            )


def _as_it_is(picture: Tensor) -> Tensor:
    return picture


def _error(picture: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    return ((picture - target).square() * mask).sum() / (mask.sum() * target.shape[1]).clamp_min(1)


def _read(picture: Any) -> Tensor:
    return read_images([picture])


def _to_array(picture: Tensor) -> Picture:
    array: np.ndarray = picture[0].round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    return array[..., 0] if array.shape[2] == 1 else array
