"""Pictures with discs and squares of which the outlines are known."""

import numpy as np


def planted_shapes(n_pictures, size=24, channels=1, seed=0, noise=0.06):
    """A disc (class 1) and a square (class 2) in the halves of a dark ground, and their masks."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    pictures = rng.normal(0.25, noise, (n_pictures, channels, size, size))
    masks = np.zeros((n_pictures, size, size), np.int64)
    for picture, mask in zip(pictures, masks, strict=True):
        across, first = rng.integers(2, size=2)
        for kind in (1, 2):
            radius = rng.uniform(0.17, 0.24) * size
            place = rng.uniform(radius, [size - radius, size / 2 - radius])
            place[1] += size / 2 * ((kind == 1) == first)
            y, x = place if across else place[::-1]
            far = np.hypot(rows - y, columns - x)
            if kind == 2:
                far = np.maximum(np.abs(rows - y), np.abs(columns - x)) * 1.1
            mask[far <= radius] = kind
            picture[:, far <= radius] += rng.uniform(0.35, 0.5)
    return (pictures.clip(0, 1) * 255).astype(np.uint8), masks
