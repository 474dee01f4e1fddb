"""What a fitted model or a space of vectors holds, made visible."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.explain.backpropagation.stepwise import SteppedBackpropagation, stepwise_backpropagation
    from netwright.explain.backpropagation.worksheet import Line, Part, Worksheet
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
    from netwright.explain.sequences.concepts import Stimulus, UnitConcepts, top_stimuli, unit_concepts
    from netwright.explain.sequences.drawing import attention_svg, coloured_series, coloured_text
    from netwright.explain.sequences.links import SequenceLinks
    from netwright.explain.sequences.saliency import saliency_over_time
    from netwright.explain.sequences.socrat import explain_series, explain_tokens
    from netwright.explain.sequences.states import recurrent_states
    from netwright.explain.transferability import Transferability, transferability_probe

__all__ = [
    "Inverted",
    "Line",
    "Maximized",
    "Part",
    "Projection",
    "SequenceLinks",
    "Smoothness",
    "SteppedBackpropagation",
    "Stimulus",
    "Transferability",
    "UnitConcepts",
    "WordCycle",
    "Worksheet",
    "activation_maximization",
    "attention_svg",
    "class_activation_map",
    "coloured_series",
    "coloured_text",
    "embedding_projection",
    "explain_series",
    "explain_tokens",
    "feature_inversion",
    "feature_maps",
    "grad_cam",
    "heat_png",
    "integrated_gradients",
    "nearest_examples",
    "occlusion_sensitivity",
    "pointing_game",
    "recurrent_states",
    "saliency_over_time",
    "stepwise_backpropagation",
    "tile_png",
    "top_stimuli",
    "transferability_probe",
    "unit_concepts",
    "weight_inside",
    "word_cycle",
    "word_cycles",
]

__getattr__, __dir__ = opening(__name__, __file__)
