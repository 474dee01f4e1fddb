"""What learns from data and is asked to transform: vectors of words, texts, categories and entities."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.embeddings.taught.blend import SimilarityBlend
    from netwright.embeddings.taught.infersent import InferSent
    from netwright.embeddings.taught.multilingual import MultilingualSentenceEncoder
    from netwright.embeddings.taught.tasks import (
        ClassificationTask,
        InferenceTask,
        ResponseTask,
        SimilarityTask,
        Task,
    )
    from netwright.embeddings.taught.universal_sentence_encoder import UniversalSentenceEncoder
    from netwright.embeddings.transformer.embedder import TransformerEmbedder
    from netwright.embeddings.transformer.sentence_bert import SentenceBERT
    from netwright.embeddings.vectors.word_vectors import WordVectors

__all__ = [
    "ClassificationTask",
    "InferSent",
    "InferenceTask",
    "MultilingualSentenceEncoder",
    "ResponseTask",
    "SentenceBERT",
    "SimilarityBlend",
    "SimilarityTask",
    "Task",
    "TransformerEmbedder",
    "UniversalSentenceEncoder",
    "WordVectors",
]

__getattr__, __dir__ = opening(__name__, __file__)
