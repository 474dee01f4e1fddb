"""What a fitted model or a space of vectors holds, made visible."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.explain.cycles import WordCycle, word_cycle, word_cycles
    from netwright.explain.pictures.ascent import Maximized, Smoothness, activation_maximization, feature_maps
    from netwright.explain.pictures.cam import class_activation_map, grad_cam
    from netwright.explain.pictures.drawing import heat_png, tile_png
    from netwright.explain.pictures.integrated import integrated_gradients
    from netwright.explain.pictures.inversion import Inverted, feature_inversion
    from netwright.explain.pictures.nearest import nearest_examples
    from netwright.explain.pictures.occlusion import occlusion_sensitivity
    from netwright.explain.pictures.pointing import pointing_game, weight_inside
    from netwright.explain.projection import Projection, embedding_projection
    from netwright.explain.transferability import Transferability, transferability_probe

__all__ = [
    "Inverted",
    "Maximized",
    "Projection",
    "Smoothness",
    "Transferability",
    "WordCycle",
    "activation_maximization",
    "class_activation_map",
    "embedding_projection",
    "feature_inversion",
    "feature_maps",
    "grad_cam",
    "heat_png",
    "integrated_gradients",
    "nearest_examples",
    "occlusion_sensitivity",
    "pointing_game",
    "tile_png",
    "transferability_probe",
    "weight_inside",
    "word_cycle",
    "word_cycles",
]

__getattr__, __dir__ = opening(__name__, __file__)
