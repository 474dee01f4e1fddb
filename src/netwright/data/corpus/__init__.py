"""Text that is larger than memory: read once, tokenised in compiled code, kept as numbers of words."""

from netwright.data.corpus.encoding import TokenStream, encode_corpus, read_corpus
from netwright.data.corpus.sources import CorpusError
from netwright.data.corpus.tokenizer import Tokenizer
from netwright.data.corpus.vocabulary import UnknownWordError, Vocabulary

__all__ = [
    "CorpusError",
    "TokenStream",
    "Tokenizer",
    "UnknownWordError",
    "Vocabulary",
    "encode_corpus",
    "read_corpus",
]
