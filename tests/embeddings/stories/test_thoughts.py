"""Skip-thought and quick-thought on planted stories: topics show in the order of the sentences alone."""

from pathlib import Path

import numpy as np
import pytest
from gensim.models import Word2Vec
from gensim.test.utils import datapath
from torch.utils.flop_counter import FlopCounterMode

from netwright.core.errors import InputError
from netwright.embeddings import QuickThought, SkipThought
from netwright.embeddings.stories.sentences import Sentences
from netwright.training import Training

N_TOPICS, N_GROUPS, N_WORDS = 4, 4, 5


def stories(n, seed):
    """Sentences of three words of one group; a story goes through the groups of one topic, in any order.

    Sentences of other groups share no word, so that nothing within a sentence tells the topic of its group.
    """
    generator = np.random.default_rng(seed)
    sentences, topics, groups, story = [], [], [], []
    for number in range(n):
        topic = int(generator.integers(N_TOPICS))
        for group in generator.permutation(N_GROUPS):
            words = [f"t{topic}g{group}w{word}" for word in generator.choice(N_WORDS, 3)]
            sentences.append(words)
            topics.append(topic)
            groups.append(topic * N_GROUPS + int(group))
            story.append(number)
    return sentences, np.array(topics), np.array(groups), np.array(story)


def share_of_topic(vectors, topics, groups):
    """How often the nearest sentence of another group has the same topic."""
    unit = vectors - vectors.mean(0)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    likeness = np.where(groups[:, None] == groups, -np.inf, unit @ unit.T)
    return float((topics[likeness.argmax(1)] == topics).mean())


def mean_of_word_vectors(sentences):
    model = Word2Vec(sentences, vector_size=16, window=5, min_count=1, sg=1, epochs=20, seed=0, workers=1)
    return np.array([model.wv[sentence].mean(0) for sentence in sentences])


SKIP = SkipThought(
    width=16, hidden=24, training=Training(epochs=12, batch_size=32, learning_rate=1e-2), random_state=0
)
QUICK = QuickThought(
    width=16, hidden=12, training=Training(epochs=12, batch_size=32, learning_rate=1e-2), random_state=0
)


@pytest.fixture(scope="module")
def planted():
    return stories(150, seed=0)


def test_nearest_sentences_share_the_topic_of_their_story_unless_stories_are_shuffled(planted):
    sentences, topics, groups, story = planted
    ordered = share_of_topic(SKIP.fit(sentences, stories=story).transform(sentences), topics, groups)
    order = np.random.default_rng(1).permutation(len(sentences))
    shuffled_texts = [sentences[row] for row in order]
    shuffled = share_of_topic(SKIP.fit(shuffled_texts, stories=story).transform(sentences), topics, groups)
    by_words = share_of_topic(mean_of_word_vectors(sentences), topics, groups)
    assert ordered > 0.8
    assert by_words < 0.5
    assert shuffled < 0.5


def test_quick_thought_picks_the_right_neighbour_among_others(planted):
    sentences, topics, groups, story = planted
    model = QUICK.fit(sentences, stories=story)
    new, *_ = stories(60, seed=5)
    first, second = new[::4], new[1::4]
    right, n = [], 10
    generator = np.random.default_rng(0)
    for row in range(len(first)):
        others = generator.choice(np.delete(np.arange(len(second)), row), n - 1, replace=False)
        chosen = model.choose([first[row]], [second[row], *(second[other] for other in others)])
        right.append(chosen[0] == 0)
    assert np.mean(right) > 2 / n
    assert share_of_topic(model.transform(sentences), topics, groups) > 0.8


def test_quick_thought_trains_with_less_work_than_skip_thought():
    lines = Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()[:40]
    sentences = [sentence for line in lines for sentence in line.split(". ")]
    work = {}
    for kind in (SkipThought, QuickThought):
        with FlopCounterMode(display=False) as counted:
            kind(width=16, hidden=32, training=Training(epochs=1, batch_size=64), random_state=0).fit(
                sentences
            )
        work[kind] = counted.get_total_flops()
    assert 0 < work[QuickThought] < 0.7 * work[SkipThought]


def test_neighbours_never_cross_the_end_of_a_story():
    found = Sentences(np.arange(3, 8), np.arange(5), np.ones(5, np.int64), np.array([0, 0, 1, 1, 1]))
    before, after = found.beside()
    assert before.tolist() == [-1, 0, -1, 2, 3]
    assert after.tolist() == [1, -1, 3, 4, -1]


def test_an_empty_sentence_is_stepped_over():
    model = SkipThought(width=4, hidden=4, training=Training(epochs=1), random_state=0)
    one = model.fit(["a b", "c d", "e f"]).transform(["a b"])
    other = model.fit(["a b", "", "c d", "...", "e f"]).transform(["a b"])
    np.testing.assert_array_equal(one, other)


def test_sentences_that_stand_alone_are_refused():
    with pytest.raises(InputError, match="some sentence must stand behind another"):
        SkipThought().fit(["a", "b"], stories=[0, 1])
    with pytest.raises(InputError, match="stories must be one for each sentence"):
        QuickThought().fit(["a", "b"], stories=[0])
    with pytest.raises(InputError, match="candidates must be at least one"):
        QUICK.fit(["a b", "b c"] * 4).choose(["a"], [])
