"""Words that come together more often than chance has it, found and joined."""

from netwright.data.phrases.phrases import ENGLISH_CONNECTORS, Phrases
from netwright.data.phrases.scores import discounted_phrase_score, npmi_phrase_score

__all__ = ["ENGLISH_CONNECTORS", "Phrases", "discounted_phrase_score", "npmi_phrase_score"]
