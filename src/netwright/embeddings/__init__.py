"""What learns from data and is asked to transform: vectors of words, texts, categories and entities."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.data.fast_text.subwords import Subwords
    from netwright.embeddings.analogies import (
        analogy,
        doesnt_match,
        most_similar_by_product,
        multiplicative_analogy,
    )
    from netwright.embeddings.autoencoders.autoencoder import Autoencoder
    from netwright.embeddings.autoencoders.comparison import compare_reductions
    from netwright.embeddings.autoencoders.contractive_autoencoder import ContractiveAutoencoder
    from netwright.embeddings.autoencoders.conv_autoencoder import ConvAutoencoder
    from netwright.embeddings.autoencoders.denoising_autoencoder import DenoisingAutoencoder
    from netwright.embeddings.autoencoders.l1_sparse_autoencoder import L1SparseAutoencoder
    from netwright.embeddings.autoencoders.sparse_autoencoder import SparseAutoencoder
    from netwright.embeddings.autoencoders.tied_autoencoder import TiedAutoencoder
    from netwright.embeddings.characters.character_embedder import CharacterEmbedder
    from netwright.embeddings.characters.chars2vec import Chars2Vec
    from netwright.embeddings.characters.tweet2vec import Tweet2Vec
    from netwright.embeddings.context.elmo import ELMoEmbedder
    from netwright.embeddings.context.flair import FlairEmbedder
    from netwright.embeddings.context.sequence_of_vectors import SequenceOfVectors
    from netwright.embeddings.context.stacked import StackedEmbedder
    from netwright.embeddings.context.token_embedder import TokenEmbedder
    from netwright.embeddings.context.word_table import WordTableEmbedder
    from netwright.embeddings.contrast.lexical_contrast import LexicalContrast
    from netwright.embeddings.contrast.semantic_axis import SemanticAxis
    from netwright.embeddings.counting.correspondence import CorrespondenceAnalysis
    from netwright.embeddings.counting.glove import GloVe
    from netwright.embeddings.counting.kernel_pca import KernelPCASkipGram
    from netwright.embeddings.counting.ppmi import PPMI, ppmi_matrix
    from netwright.embeddings.counting.wordrank import RobustRank, WordRank
    from netwright.embeddings.cross_lingual import CrossLingualMapper
    from netwright.embeddings.debiaser import GENDER_PAIRS, Debiaser, weat_effect_size
    from netwright.embeddings.emoji.characters import emoji_names, is_emoji, split_emoji
    from netwright.embeddings.emoji.emoji2vec import Emoji2Vec
    from netwright.embeddings.emoji.emoji_skip_gram import EmojiSkipGram
    from netwright.embeddings.entities.entity2vec import Entity2Vec
    from netwright.embeddings.entities.quantised import QuantisedVectors
    from netwright.embeddings.entities.star_space import StarSpace
    from netwright.embeddings.network_features import NetworkFeatures
    from netwright.embeddings.pairs.pair2vec import Pair2Vec
    from netwright.embeddings.pictures.barlow_twins import BarlowTwinsEmbedder
    from netwright.embeddings.pictures.clip import CLIPEmbedder
    from netwright.embeddings.senses.sense2vec import Sense2Vec
    from netwright.embeddings.senses.tagged_tokens import tagged_tokens
    from netwright.embeddings.series.lstm_autoencoder import LSTMAutoencoder
    from netwright.embeddings.siamese.siamese_embedder import SiameseEmbedder
    from netwright.embeddings.siamese.triplet_embedder import TripletEmbedder
    from netwright.embeddings.stories.quick_thought import QuickThought
    from netwright.embeddings.stories.skip_thought import SkipThought
    from netwright.embeddings.tables.cat2vec import Cat2Vec
    from netwright.embeddings.tables.entity_embedder import EntityEmbedder
    from netwright.embeddings.tables.group2vec import Group2Vec
    from netwright.embeddings.tables.item2vec import Item2Vec
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
    from netwright.embeddings.texts.mean import MeanVectors
    from netwright.embeddings.texts.sif import SIF
    from netwright.embeddings.texts.topics import TopicVectors
    from netwright.embeddings.transformer.embedder import TransformerEmbedder
    from netwright.embeddings.transformer.sentence_bert import SentenceBERT
    from netwright.embeddings.vectors.fast_text_vectors import FastTextVectors, read_fasttext, write_fasttext
    from netwright.embeddings.vectors.word2vec_format import read_word2vec, write_word2vec
    from netwright.embeddings.vectors.word_vectors import WordVectors
    from netwright.embeddings.words.cbow import CBOW
    from netwright.embeddings.words.doc2vec import Doc2Vec
    from netwright.embeddings.words.fast_sent import FastSent
    from netwright.embeddings.words.fast_text import FastText
    from netwright.embeddings.words.outputs import HierarchicalSoftmax, NegativeSampling
    from netwright.embeddings.words.sent2vec import Sent2Vec
    from netwright.embeddings.words.skip_gram import SkipGram
    from netwright.embeddings.words.word_estimator import Window

__all__ = [
    "CBOW",
    "GENDER_PAIRS",
    "PPMI",
    "SIF",
    "Autoencoder",
    "BarlowTwinsEmbedder",
    "CLIPEmbedder",
    "Cat2Vec",
    "CharacterEmbedder",
    "Chars2Vec",
    "ClassificationTask",
    "ContractiveAutoencoder",
    "ConvAutoencoder",
    "CorrespondenceAnalysis",
    "CrossLingualMapper",
    "Debiaser",
    "DenoisingAutoencoder",
    "Doc2Vec",
    "ELMoEmbedder",
    "Emoji2Vec",
    "EmojiSkipGram",
    "Entity2Vec",
    "EntityEmbedder",
    "FastSent",
    "FastText",
    "FastTextVectors",
    "FlairEmbedder",
    "GloVe",
    "Group2Vec",
    "HierarchicalSoftmax",
    "InferSent",
    "InferenceTask",
    "Item2Vec",
    "KernelPCASkipGram",
    "L1SparseAutoencoder",
    "LSTMAutoencoder",
    "LexicalContrast",
    "MeanVectors",
    "MultilingualSentenceEncoder",
    "NegativeSampling",
    "NetworkFeatures",
    "Pair2Vec",
    "QuantisedVectors",
    "QuickThought",
    "ResponseTask",
    "RobustRank",
    "SemanticAxis",
    "Sense2Vec",
    "Sent2Vec",
    "SentenceBERT",
    "SequenceOfVectors",
    "SiameseEmbedder",
    "SimilarityBlend",
    "SimilarityTask",
    "SkipGram",
    "SkipThought",
    "SparseAutoencoder",
    "StackedEmbedder",
    "StarSpace",
    "Subwords",
    "Task",
    "TiedAutoencoder",
    "TokenEmbedder",
    "TopicVectors",
    "TransformerEmbedder",
    "TripletEmbedder",
    "Tweet2Vec",
    "UniversalSentenceEncoder",
    "Window",
    "WordRank",
    "WordTableEmbedder",
    "WordVectors",
    "analogy",
    "compare_reductions",
    "doesnt_match",
    "emoji_names",
    "is_emoji",
    "most_similar_by_product",
    "multiplicative_analogy",
    "ppmi_matrix",
    "read_fasttext",
    "read_word2vec",
    "split_emoji",
    "tagged_tokens",
    "weat_effect_size",
    "write_fasttext",
    "write_word2vec",
]

__getattr__, __dir__ = opening(__name__, __file__)
