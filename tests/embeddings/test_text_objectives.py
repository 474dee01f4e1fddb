"""Each objective of the networks of texts, and its gradients, against a slow reference written out."""

import numpy as np
import torch

from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.characters.alphabet import Alphabet
from netwright.embeddings.characters.chars2vec import SpellingBatch, SpellingPairs
from netwright.embeddings.characters.tweet2vec import Telling, TweetSamples
from netwright.embeddings.context.flair import CharacterGuessing, PieceSamples
from netwright.embeddings.context.word_language_model import WordGuessing, WordSamples, word_letters
from netwright.embeddings.stories.quick_thought import PairBatch, PickingNeighbours
from netwright.embeddings.stories.sentences import Sentences
from netwright.embeddings.stories.skip_thought import StorySamples, TellingBoth
from netwright.nets import (
    BidirectionalLanguageModel,
    CharacterCNN,
    CharacterLanguageModel,
    Chars2VecNetwork,
    QuickThoughtNetwork,
    SkipThoughtNetwork,
    Tweet2VecNetwork,
)


def agree(network, objective, batch, by_hand):
    """Loss and gradients of both, each from a graph of its own, to 1e-6."""
    found = []
    for compute in (lambda: objective.loss(network, batch), lambda: by_hand(network)):
        network.zero_grad()
        loss = compute()
        loss.backward()
        gradients = {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
        found.append((loss.detach(), gradients))
    torch.testing.assert_close(found[0][0], found[1][0], atol=1e-6, rtol=0)
    assert found[0][1].keys() == found[1][1].keys()
    for name, gradient in found[0][1].items():
        torch.testing.assert_close(gradient, found[1][1][name], atol=1e-6, rtol=0)


def cross_entropy(scores, true):
    return torch.log(scores.exp().sum()) - scores[true]


def mean(losses):
    return sum(losses) / len(losses)


def test_guessing_words_from_both_sides():
    """Words 0 and 1 are guessed, 2 is rare; each text stands alone, its marks as words."""
    torch.manual_seed(0)
    vocabulary = Vocabulary(["ab", "b", "aa"])
    letters = word_letters(Alphabet.learn(vocabulary.words), vocabulary)
    samples = WordSamples(TokenStream(np.array([0, 1, 2, -1, -1, 1, -1], np.int32)), letters, n_guessed=2)
    network = BidirectionalLanguageModel(CharacterCNN(9, 5, 3, 2, (1, 2)), n_words=5, width=5).double().eval()

    def by_hand(network):
        rows = torch.from_numpy(letters)
        left, right = [], []
        for text in ([0, 2, 3, 4, 1], [0, 3, 1]):  # begin, words from 2 on, end
            after, before = network(rows[text][None])
            classes = [{0: 1, 1: 2, 2: 3, 3: 4, 4: 0}[word] for word in text]
            left += [cross_entropy(after[0, t], classes[t + 1]) for t in range(len(text) - 1)]
            right += [cross_entropy(before[0, t], classes[t - 1]) for t in range(1, len(text))]
        return (mean(left) + mean(right)) / 2

    agree(network, WordGuessing(), samples[torch.tensor([0, 1])], by_hand)


def test_guessing_characters():
    torch.manual_seed(0)
    flat = np.random.default_rng(0).integers(0, 9, 70)
    network = CharacterLanguageModel(9, hidden=5, character_width=3).double()

    def by_hand(network):
        losses = []
        for piece in (flat[:65], flat[64:]):
            guesses = network(torch.from_numpy(piece[None, :-1]))[0]
            losses += [cross_entropy(one, true) for one, true in zip(guesses, piece[1:], strict=True)]
        return mean(losses)

    agree(network, CharacterGuessing(), PieceSamples(flat)[torch.tensor([0, 1])], by_hand)


def test_pairs_of_spellings():
    torch.manual_seed(0)
    letters, misspelt = (
        torch.tensor([[6, 7, 0], [8, 6, 7], [7, 0, 0]]),
        torch.tensor([[6, 0], [8, 6], [7, 7]]),
    )
    network = Chars2VecNetwork(9, width=4).double()

    def by_hand(network):
        own, others = [], []
        for i in range(3):
            for j in range(3):
                p = torch.sigmoid(network(letters[i : i + 1], misspelt[j : j + 1])[0])  # that they differ
                if i == j:
                    own.append(-torch.log(1 - p))
                else:
                    others.append(-torch.log(p))
        return (mean(own) + mean(others)) / 2

    agree(network, SpellingPairs(), SpellingBatch(letters, misspelt), by_hand)


def test_telling_a_text_again():
    torch.manual_seed(0)
    samples = TweetSamples(np.array([[6, 7, 8, 6, 7], [8, 7, 0, 0, 0]]), 9, slips=0.0)
    network = Tweet2VecNetwork(9, width=4, n_filters=3, character_width=3).double().eval()

    def by_hand(network):
        losses = []
        for text in ([6, 7, 8, 6, 7], [8, 7]):
            told = [*text, 5]
            guesses = network(torch.tensor([text]), torch.tensor([told]))[0]
            losses += [cross_entropy(one, true) for one, true in zip(guesses, told, strict=True)]
        return mean(losses)

    agree(network, Telling(), samples[torch.tensor([0, 1])], by_hand)


def test_telling_the_sentences_on_both_sides():
    torch.manual_seed(0)
    texts = [[3, 4], [5], [4, 4, 3]]
    ids, lengths = np.concatenate(texts), np.array([2, 1, 3])
    sentences = Sentences(ids, np.array([0, 2, 3]), lengths, np.zeros(3, np.int64))
    network = SkipThoughtNetwork(6, width=3, hidden=4).double()

    def by_hand(network):
        losses = []
        for number, text in enumerate(texts):
            for side, beside in enumerate((number - 1, number + 1)):
                if 0 <= beside < 3:
                    told = [*texts[beside], 2]
                    guesses = network(torch.tensor([text]), *[torch.tensor([told])] * 2)[side][0]
                    losses += [cross_entropy(one, true) for one, true in zip(guesses, told, strict=True)]
        return mean(losses)

    agree(network, TellingBoth(), StorySamples(sentences)[torch.arange(3)], by_hand)


def test_picking_neighbours_among_candidates_that_are_neither_the_sentence_itself_nor_the_right_one_again():
    torch.manual_seed(0)
    texts = [[3, 4], [5], [4, 4, 3], [3]]
    pairs = [(0, 1), (1, 0), (2, 1), (3, 2)]
    pad = lambda text: text + [0] * (3 - len(text))  # noqa: E731
    batch = PairBatch(
        *(torch.tensor([pad(texts[pair[side]]) for pair in pairs]) for side in (0, 1)), torch.tensor(pairs)
    )
    network = QuickThoughtNetwork(6, width=3, hidden=4).double()

    def by_hand(network):
        losses = []
        for read, right in pairs:
            candidates = [right, *(other for other in (1, 0, 1, 2) if other not in (read, right))]
            scores = [
                network(torch.tensor([texts[read]]), torch.tensor([texts[one]]))[0, 0] for one in candidates
            ]
            losses.append(cross_entropy(torch.stack(scores), 0))
        return mean(losses)

    agree(network, PickingNeighbours(), batch, by_hand)
