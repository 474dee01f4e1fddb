"""Sharpness is the paper's number, and grows with the batch where minima of both kinds can be reached."""

import pytest
import torch

from netwright.doctor.instruments.minima import sharpness


def test_in_a_quadratic_bowl_it_is_the_papers_formula():
    w = torch.tensor([1.0, -2.0], requires_grad=True)
    curvature, size = torch.tensor([30.0, 4.0]), 1e-2

    def loss():
        return (curvature * (w - torch.tensor([1.0, -2.0])) ** 2).sum() + 0.5

    corner = (curvature * (size * (torch.tensor([1.0, 2.0]) + 1)) ** 2).sum()
    assert sharpness(loss, [w], size=size) == pytest.approx(float(100 * corner / 1.5), rel=1e-4)
    assert w.tolist() == [1.0, -2.0]


def ended(batch, seed):
    """The sharpness where SGD ends that began in a sharp valley beside a flat one, on rows that disagree."""
    generator = torch.Generator().manual_seed(seed)
    pull = torch.randn(256, generator=generator)
    pull = 20 * (pull - pull.mean()) / pull.std()
    w = 0.0
    for step in range(1200):
        rows = torch.randint(256, (batch,), generator=generator)
        noise = float(pull[rows].mean()) if batch < 256 and step < 500 else 0.0  # at last, to the bottom
        slope = 100 * w if 50 * w**2 < 0.5 * (w - 3) ** 2 else w - 3
        w -= 0.015 * (slope + noise)
    end = torch.tensor([w], requires_grad=True)
    return sharpness(lambda: torch.minimum(50 * end**2, 0.5 * (end - 3) ** 2).sum(), [end])


def test_it_grows_with_the_batch():
    small, middle, whole = (sum(ended(batch, seed) for seed in range(6)) for batch in (1, 32, 256))
    assert small < 0.5 * whole
    assert small <= middle <= 1.01 * whole
