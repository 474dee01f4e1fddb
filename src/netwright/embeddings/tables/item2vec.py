"""Item2Vec: items as words and sessions, boards or baskets as sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.skip_gram import SkipGram
from netwright.embeddings.words.word_estimator import Window, WordEstimator


@final
@dataclass(eq=False, repr=False)
class Item2Vec(WordEstimator):
    """Learn vectors of items so that those lie near each other that are found in like sessions.

    Use it for recommendations from what was clicked, bought or pinned together, where who did it is not
    known or does not matter: related items are nearest neighbours. Counting what comes together needs both
    items in one session; the vectors also bring together items that share their company.

        maximise sum_sessions sum_{i != j} log sigmoid(<v_i, u_j>) + sum_{drawn n} log sigmoid(-<v_i, u_n>)

    Items may be words or numbers and are known by their text, `str(item)`.

    Args:
        width: length of the vectors.
        window: items to each side that count as company; None takes the whole session, as for baskets and
            boards, in which order has no meaning.
        n_negatives: items drawn for each one.
        power: by which frequencies are flattened when they are drawn.
        min_count: rarer items get no vector.
        subsample: share of all clicks from which on an item is thinned out by chance; 0 keeps all.
        epochs: passes over the sessions.
        learning_rate: at first.
        n_threads: that learn; by default one where `random_state` is given.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when a session is no list of items, or no item comes often enough.

    Example:
        >>> boards = [["oak", "elm", "ash"], ["cod", "eel", "ray"]] * 100
        >>> items = Item2Vec(width=8, min_count=1, random_state=0).fit(boards)
        >>> sorted(items.recommend(["oak"], n=2))
        ['ash', 'elm']

    Source:
        Ma (2017), "Applying deep learning to Related Pins", Pinterest Engineering (Pin2Vec),
        https://medium.com/the-graph/applying-deep-learning-to-related-pins-a6fee3c92f5e; Barkan and
        Koenigstein (2016), "Item2Vec: Neural Item Embedding for Collaborative Filtering", arXiv:1603.04259.

    Differs:
        Pin2Vec bends its 128 hidden numbers with an ELU and learns with a sampled softmax of 64 items; this
        is skip-gram with negative sampling, as in Item2Vec.
    """

    width: int = 64
    window: int | None = None
    n_negatives: int = 5
    power: float = 0.75
    min_count: int = 2
    subsample: float = 0.0
    epochs: int = 10
    learning_rate: float = 0.025
    n_threads: int | None = None
    random_state: Any = None

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn vectors of items.

        Args:
            X: sessions, each a list of items.
            y: has no say.

        Raises:
            InputError: when a session is no list of items, or no item comes often enough.
        """
        return super().fit(_as_words(X))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean vector of each session's known items; zeros for a session without any.

        Args:
            X: sessions, each a list of items.
        """
        return super().transform(_as_words(X))

    def recommend(self, items: Iterable[Any], n: int = 10) -> list[str]:
        """Return the items nearest to what some items have in common, the nearest first.

        Args:
            items: known ones, which are left out.
            n: at most so many.

        Raises:
            UnknownWordError: names items that are not known.
        """
        return [item for item, _ in self.most_similar([str(item) for item in items], n=n)]

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        longest = int(np.diff(stream.ends, prepend=-1).max(initial=2)) - 1
        whole = Window(max(1, longest - 1), dynamic=False)
        model = SkipGram(
            width=self.width,
            window=whole if self.window is None else self.window,
            output=NegativeSampling(self.n_negatives, self.power),
            subsample=self.subsample,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            n_threads=self.n_threads if self.n_threads or self.random_state is None else 1,
            random_state=seed if self.random_state is not None else None,
        ).fit((vocabulary, stream))
        return model.vectors_.vectors


def _as_words(sessions: Any) -> list[list[str]]:
    if isinstance(sessions, str | bytes) or not isinstance(sessions, Iterable):
        expected = "X must be an iterable of sessions"
        raise InputError(expected, type(sessions).__name__, "give a list of lists of items")
    given = list(sessions)
    for number, one in enumerate(given):
        if isinstance(one, str | bytes) or not isinstance(one, Iterable):
            came = f"{one!r:.40} at {number}"
            raise InputError("each session must be a list of items", came, "put a single item in a list")
    return [[str(item) for item in one] for one in given]
