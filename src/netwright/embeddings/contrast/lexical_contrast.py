"""dLCE: skip-gram that knows synonyms from antonyms, which stand in the same contexts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.contrast.contrast_kernel import contrast_skip_gram
from netwright.embeddings.contrast.lexicon import Linked, both_ways, telling_contexts
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import (
    LAST_RATE,
    PARTS,
    WordEstimator,
    first_vectors,
    threads_of,
)
from netwright.training.hogwild import run_epochs, sigmoid_table

DYNAMIC = True
"""Whether each window is drawn from 1 to its size, as in word2vec."""


@final
@dataclass(eq=False, repr=False)
class LexicalContrast(WordEstimator):
    """Learn vectors of words in which opposites are far apart, with the help of lists of pairs.

    Use it where "good" must not lie beside "bad": words and their opposites stand in the same contexts, so
    that skip-gram alone takes them for alike. Pairs of synonyms and antonyms, such as WordNet's, pull and
    push the vectors while they are learned, and words that are in no list follow those that are.

        maximise sum_{w, c} [ log sigmoid(<v_w, u_c>) + sum_{drawn n} log sigmoid(-<v_w, u_n>)
                              + strength ( mean_{s in S(w), c in W(s)} cos(v_w, v_s)
                                           - mean_{a in A(w), c in W(a)} cos(v_w, v_a) ) ]
        S(w), A(w): synonyms and antonyms of w;   W(s): contexts of s with a positive PMI

    Args:
        synonyms: pairs of words; those with a word that the corpus lacks are left out.
        antonyms: pairs of words, likewise.
        width: length of the vectors.
        window: words to each side, drawn from 1 to this number for each word.
        output: how contexts are told from drawn words.
        min_count: rarer words get no vector.
        epochs: passes over the corpus.
        learning_rate: at first; it falls in a straight line to 0.0001.
        strength: of the lists, beside the corpus.
        random_state: seed; with one, a single thread learns, so that the result repeats to the last bit.

    Raises:
        InputError: when no pair has both its words in the corpus.

    Example:
        >>> texts = ["a good day", "a fine day", "a bad day", "a foul day"] * 100
        >>> pairs = [("good", "fine"), ("bad", "foul")], [("good", "bad"), ("fine", "foul")]
        >>> model = LexicalContrast(*pairs, width=8, min_count=1, random_state=0).fit(texts)
        >>> model.vectors_.similarity("good", "fine") > model.vectors_.similarity("good", "bad")
        True

    Source:
        Nguyen, Schulte im Walde and Vu (2016), "Integrating Distributional Lexical Contrast into Word
        Embeddings for Antonym-Synonym Distinction", arXiv:1605.07766.

    Differs:
        The paper's contexts W are the strongest by a weighted local mutual information; here they are all
        that come more often than by chance.
    """

    synonyms: Sequence[tuple[str, str]] = ()
    antonyms: Sequence[tuple[str, str]] = ()
    width: int = 100
    window: int = 5
    output: NegativeSampling = field(default_factory=NegativeSampling)
    min_count: int = 5
    epochs: int = 5
    learning_rate: float = 0.025
    strength: float = 1.0
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        n_words = len(vocabulary)
        alike = both_ways("synonyms", self.synonyms, vocabulary)
        against = both_ways("antonyms", self.antonyms, vocabulary)
        paired = np.unique(np.concatenate([alike, against]))
        if not len(paired):
            given = len(self.synonyms) + len(self.antonyms)
            raise InputError(
                "synonyms and antonyms must have pairs whose words are both in the corpus",
                f"none among {given}",
                "give other pairs, or lower min_count",
            )
        told = telling_contexts(stream, paired, n_words, self.window)
        lists = [Linked.of_pairs(pairs, n_words) for pairs in (alike, against)]
        linked = tuple((one.starts, one.ids) for one in (*lists, told))
        vectors, outputs = first_vectors(n_words, self.width, seed)
        drawing = self.output.tables(vocabulary.counts)
        keep = keep_thresholds(vocabulary.counts, 0.0)
        size = (self.window, DYNAMIC, self.output.n, self.strength)
        plan = (self.learning_rate, LAST_RATE, max(1, self.epochs * stream.n_words))

        def work(*part: Any) -> tuple[float, int]:
            shared = (vectors, outputs, keep, *drawing, sigmoid_table(), *linked)
            given: tuple[Any, ...] = (stream.ids, *part, *shared, *size, *plan)
            return contrast_skip_gram(*given)

        n_threads = threads_of(None, self.random_state)
        self.history_ = run_epochs(
            work, stream.cuts(PARTS * n_threads), n_words=stream.n_words, epochs=range(self.epochs),
            n_threads=n_threads, seed=seed,
        )  # fmt: skip
        return vectors
