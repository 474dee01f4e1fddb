"""What learns from data and is asked to transform: vectors of words, texts, categories and entities."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.embeddings.characters.character_embedder import CharacterEmbedder
    from netwright.embeddings.characters.chars2vec import Chars2Vec
    from netwright.embeddings.characters.tweet2vec import Tweet2Vec
    from netwright.embeddings.context.elmo import ELMoEmbedder
    from netwright.embeddings.context.flair import FlairEmbedder
    from netwright.embeddings.context.sequence_of_vectors import SequenceOfVectors
    from netwright.embeddings.context.stacked import StackedEmbedder
    from netwright.embeddings.context.token_embedder import TokenEmbedder
    from netwright.embeddings.context.word_table import WordTableEmbedder
    from netwright.embeddings.stories.quick_thought import QuickThought
    from netwright.embeddings.stories.skip_thought import SkipThought
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
    "CharacterEmbedder",
    "Chars2Vec",
    "Doc2Vec",
    "ELMoEmbedder",
    "FastText",
    "FlairEmbedder",
    "HierarchicalSoftmax",
    "NegativeSampling",
    "QuickThought",
    "SequenceOfVectors",
    "SkipGram",
    "SkipThought",
    "StackedEmbedder",
    "Subwords",
    "TokenEmbedder",
    "Tweet2Vec",
    "Window",
    "WordTableEmbedder",
    "WordVectors",
    "read_word2vec",
    "write_word2vec",
]

__getattr__, __dir__ = opening(__name__, __file__)
