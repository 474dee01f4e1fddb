"""Estimators that predict from texts, and what says which sentences and terms matter."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.text.clustering import VectorClusterer
    from netwright.text.fast_text_classifier import FastTextClassifier
    from netwright.text.fast_text_file import FastTextFileClassifier, read_fasttext_classifier
    from netwright.text.sentences import split_sentences
    from netwright.text.summaries import LexRank, SentenceRanker, TextRank, summarise
    from netwright.text.tf_idf import TfidfClassifier, top_terms
    from netwright.text.tweet_clusterer import TweetClusterer

__all__ = [
    "FastTextClassifier",
    "FastTextFileClassifier",
    "LexRank",
    "SentenceRanker",
    "TextRank",
    "TfidfClassifier",
    "TweetClusterer",
    "VectorClusterer",
    "read_fasttext_classifier",
    "split_sentences",
    "summarise",
    "top_terms",
]

__getattr__, __dir__ = opening(__name__, __file__)
