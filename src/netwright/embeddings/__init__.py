"""What learns from data and is asked to transform: vectors of words, texts, categories and entities."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.embeddings.contrast.lexical_contrast import LexicalContrast
    from netwright.embeddings.contrast.semantic_axis import SemanticAxis
    from netwright.embeddings.emoji.characters import emoji_names, is_emoji, split_emoji
    from netwright.embeddings.emoji.emoji2vec import Emoji2Vec
    from netwright.embeddings.emoji.emoji_skip_gram import EmojiSkipGram
    from netwright.embeddings.entities.entity2vec import Entity2Vec
    from netwright.embeddings.entities.quantised import QuantisedVectors
    from netwright.embeddings.entities.star_space import StarSpace
    from netwright.embeddings.tables.cat2vec import Cat2Vec
    from netwright.embeddings.tables.entity_embedder import EntityEmbedder
    from netwright.embeddings.tables.group2vec import Group2Vec
    from netwright.embeddings.tables.item2vec import Item2Vec
    from netwright.embeddings.vectors.word2vec_format import read_word2vec, write_word2vec
    from netwright.embeddings.vectors.word_vectors import WordVectors
    from netwright.embeddings.words.cbow import CBOW
    from netwright.embeddings.words.doc2vec import Doc2Vec
    from netwright.embeddings.words.fast_text import FastText
    from netwright.embeddings.words.outputs import HierarchicalSoftmax, NegativeSampling
    from netwright.embeddings.words.skip_gram import SkipGram
    from netwright.embeddings.words.subwords import Subwords
    from netwright.embeddings.words.word_estimator import Window

__all__ = [
    "CBOW",
    "Cat2Vec",
    "Doc2Vec",
    "Emoji2Vec",
    "EmojiSkipGram",
    "Entity2Vec",
    "EntityEmbedder",
    "FastText",
    "Group2Vec",
    "HierarchicalSoftmax",
    "Item2Vec",
    "LexicalContrast",
    "NegativeSampling",
    "QuantisedVectors",
    "SemanticAxis",
    "SkipGram",
    "StarSpace",
    "Subwords",
    "Window",
    "WordVectors",
    "emoji_names",
    "is_emoji",
    "read_word2vec",
    "split_emoji",
    "write_word2vec",
]

__getattr__, __dir__ = opening(__name__, __file__)
