"""InferSent: a bidirectional LSTM with max pooling, taught by pairs of sentences with labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from netwright.core.seeding import isolated_seed
from netwright.embeddings.taught.lessons import Lesson, Pace, teach
from netwright.embeddings.taught.reading import classified_pairs, columns_of, labels_of
from netwright.embeddings.taught.word_encoder import WordEncoder
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.nets import BiLSTMMax


@final
@dataclass(eq=False, repr=False)
class InferSent(WordEncoder):
    """Vectors of sentences, learned by telling entailment from contradiction.

    Use it where the order of words matters and labelled pairs are at hand: what says whether one sentence
    follows from another is useful for much else. `predict` gives the label of a pair, and `transform` the
    vectors of sentences. Pretrained word vectors help much where pairs are few.

        u, v = max over time of BiLSTM(sentence),  label = softmax MLP([u; v; |u - v|; u * v])

    Differs: AdamW in place of gradient descent with a falling rate.

    Args:
        vectors: of words, which stay as they are; None to learn them from the pairs.
        width: of the vectors, half from each direction; the paper's is 4096.
        embedding: features of a word, where `vectors` gives none.
        hidden: units of each hidden layer of the classifier.
        epochs: times that each pair is seen.
        batch_size: pairs in a step.
        learning_rate: of AdamW.
        min_count: rarer words are left out, where `vectors` does not say which there are.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when X or y or an argument has another form.
        CorpusError: in `fit`, when no word comes often enough.

    Example:
        >>> pairs = [("a cat sleeps", "a cat rests"), ("a cat sleeps", "no cat sleeps")] * 8
        >>> model = InferSent(width=16, embedding=8, epochs=20, learning_rate=0.01, random_state=0)
        >>> model.fit(pairs, ["entailment", "contradiction"] * 8).predict(pairs[:2]).tolist()
        ['entailment', 'contradiction']
        >>> model.transform(["no cat rests"]).shape
        (1, 16)

    Source:
        Conneau, Kiela, Schwenk, Barrault and Bordes (2017), "Supervised Learning of Universal Sentence
        Representations from Natural Language Inference Data", arXiv:1705.02364.
    """

    vectors: WordVectors | None = None
    width: int = 512
    embedding: int = 300
    hidden: Sequence[int] = (512,)
    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 1e-3
    min_count: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from labelled pairs.

        Args:
            X: rows of two sentences.
            y: a label for each.

        Raises:
            InputError: when X or y has another form.
            CorpusError: when no word comes often enough.
        """
        columns = columns_of(X)
        self.classes_, numbers = labels_of(y, len(columns[0]))
        if self.vectors is None:
            self._read_words(columns)
        else:
            self.vocabulary_ = self.vectors.vocabulary
        seed = self._seed()
        with isolated_seed(seed):
            embedding = self.embedding if self.vectors is None else self.vectors.width
            network = BiLSTMMax(len(self.vocabulary_), self.width, embedding)
            loss = classified_pairs(self.width, len(self.classes_), self.hidden, product=True)
        if self.vectors is not None:
            network.words.weight.data = torch.tensor(self.vectors.vectors)
            network.words.requires_grad_(requires_grad=False)
        pace = Pace(self.epochs, self.batch_size, self.learning_rate, seed=seed)
        self.losses_ = teach(network, [Lesson([self._rows(one) for one in columns], numbers, loss)], pace)
        self.network_, self.judge_ = network, loss.eval()
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each pair.

        Args:
            X: rows of two sentences.

        Raises:
            InputError: when X has another form.
        """
        return np.asarray(self.classes_[self.predict_proba(X).argmax(1)])

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Return the probability of each label, in the order of `classes_`.

        Args:
            X: rows of two sentences.

        Raises:
            InputError: when X has another form.
        """
        check_is_fitted(self)
        first, second = (torch.from_numpy(self.transform(column)) for column in columns_of(X))
        with torch.inference_mode():
            scores = self.judge_.classifier(first, second)
        probabilities: NDArray[np.float32] = scores.softmax(1).numpy()
        return probabilities

    def score(self, X: Any, y: Any) -> float:
        """Return the share of pairs whose label is found.

        Args:
            X: rows of two sentences.
            y: their labels.

        Raises:
            InputError: when X has another form.
        """
        return float((self.predict(X) == np.asarray(y)).mean())
