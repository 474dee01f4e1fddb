import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from netwright.core.errors import InputError
from netwright.explain import SequenceLinks, explain_series, explain_tokens
from netwright.explain.sequences.socrat import logistic_links
from netwright.nets import EchoStateNetwork

WORDS = [f"w{number}" for number in range(40)]
TRANSLATION = {word: [word.upper()] for word in WORDS}
TRANSLATION |= {word: [word.upper() + "-A", word.upper() + "-B"] for word in WORDS[::5]}
"""Every fifth word becomes two."""


def translate(sentences):
    """Word by word and in reverse, with a word in front that hangs on nothing."""
    told = [[new for word in reversed(sentence) for new in TRANSLATION[word]] for sentence in sentences]
    return [["SO", *words] for words in told]


def alignment(sentence):
    """The planted pairs of places."""
    answer = translate([sentence])[0]
    return {(i, answer.index(new)) for i, word in enumerate(sentence) for new in TRANSLATION[word]}


@pytest.mark.parametrize("vocabulary", [None, WORDS])
def test_the_planted_alignment_of_a_translator_is_recovered_with_an_f1_over_0_95(vocabulary):
    draw, hits, found, planted = np.random.default_rng(0), 0, 0, 0
    for _ in range(10):
        sentence = draw.choice(WORDS, 8, replace=False).tolist()
        pairs = set(explain_tokens(translate, sentence, vocabulary=vocabulary, n_samples=300).pairs())
        hits += len(pairs & alignment(sentence))
        found, planted = found + len(pairs), planted + len(alignment(sentence))
    assert 2 * hits / (found + planted) > 0.95


def test_groups_are_a_word_and_its_translation_and_a_word_that_hangs_on_nothing_is_in_none():
    links = explain_tokens(translate, ["w1", "w5", "w7"], n_samples=300)
    assert links.groups() == [(("w1",), ("W1",)), (("w5",), ("W5-A", "W5-B")), (("w7",), ("W7",))]
    assert links.outputs[0] == "SO"


def test_words_that_are_translated_together_are_one_group_and_are_cut_where_they_hang_together_least():
    def phrases(sentences):
        return [
            [both for both, parts in (("AB", "ab"), ("CD", "cd")) if all(part in words for part in parts)]
            + [word.upper() for word in words if word in "ad"]
            for words in sentences
        ]

    links = explain_tokens(phrases, list("abcd"), n_samples=600)
    assert [set(inputs) for inputs, _ in links.groups()] == [{"a", "b"}, {"c", "d"}]
    bridge = links.sure()
    bridge[1, 1] = 0.5  # a weak link between both
    tied = SequenceLinks(links.inputs, links.outputs, bridge, np.zeros_like(bridge))
    assert len(tied.groups()) == 1
    assert {frozenset(inputs) for inputs, _ in tied.groups(2)} == {frozenset("ab"), frozenset("cd")}


def test_equal_words_are_told_apart_by_how_many_there_are():
    def perturb(tokens, n_samples, rng):
        kept = rng.random((n_samples, 3)) < 0.5
        kept[:, 0] = True
        return [[one for one, held in zip(tokens, row, strict=True) if held] for row in kept], kept

    def shout(rows):
        return [[one.upper() for one in row] for row in rows]

    links = explain_tokens(shout, list("aba"), perturb=perturb, n_samples=400)
    assert links.outputs == ("A", "B", "A")
    assert set(links.pairs()) == {(1, 1), (2, 2)}  # one A is always there, the second where the last a is


def test_the_regressions_are_scikit_learns_and_their_deviations_laplaces():
    draw = np.random.default_rng(0)
    kept, noise = (draw.random((300, 4)) < 0.6).astype(float), draw.normal(size=(300, 2))
    present = kept @ np.array([[2.0, 0.0], [0.0, -1.5], [0.0, 0.0], [1.0, 0.0]]) - 1 + noise > 0
    weights, deviations = logistic_links(kept, present, 1.5)
    rows = np.hstack([np.ones((300, 1)), kept])
    for column in range(2):
        theirs = LogisticRegression(C=1.5**2, fit_intercept=False, tol=1e-10, max_iter=1000)
        theirs.fit(rows, present[:, column])
        np.testing.assert_allclose(weights[:, column], theirs.coef_[0, 1:], atol=1e-4)
        chance = theirs.predict_proba(rows)[:, 1]
        curve = rows.T @ (rows * (chance * (1 - chance))[:, None]) + np.eye(5) / 1.5**2
        by_hand = np.sqrt(np.diag(np.linalg.inv(curve)))[1:]
        np.testing.assert_allclose(deviations[:, column], by_hand, rtol=1e-3)


def test_doubt_falls_with_the_root_of_the_samples_and_a_link_within_it_does_not_count():
    def model(x):
        return x[:, :2] + np.sin(1e4 * x[:, 2:])  # as good as noise

    few, many = (
        explain_series(model, [1.0, 3.0, 2.0, 4.0], n_samples=n, random_state=1) for n in (200, 3200)
    )
    assert (few.deviations / many.deviations).mean() == pytest.approx(4, rel=0.15)
    assert set(many.pairs()) == {(0, 0), (1, 1)}


def test_the_links_of_a_linear_model_of_a_series_are_its_weights():
    draw = np.random.default_rng(0)
    weights, x = draw.normal(size=(6, 3)), draw.normal(size=(3, 2))
    links = explain_series(lambda rows: rows.reshape(len(rows), -1) @ weights + 1, x, n_samples=50)
    np.testing.assert_allclose(links.weights, weights, atol=1e-8)
    assert links.inputs[3] == "1,1"
    assert len(links.pairs()) == weights.size


def test_a_planted_delay_of_a_forecaster_is_found_again():
    series = np.sin(np.arange(30) / 3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = EchoStateNetwork(1, 1, hidden=60)
        x = torch.randn(20, 60, 1)
    network.solve_readout(x, x.roll(4, 1), washout=10)  # gives back what was there four steps ago

    def model(rows):
        with torch.no_grad():
            return network(torch.from_numpy(rows).float()[..., None])[:, -6:, 0].double().numpy()

    links = explain_series(model, series, n_samples=400, scale=0.5)
    for answer in range(6):
        best = np.abs(links.sure()[:, answer]).argmax()
        assert best == 24 + answer - 4
        assert links.weights[best, answer] == pytest.approx(1, abs=0.1)


def test_changes_of_ones_own_are_asked_about():
    def perturb(tokens, n_samples, rng):
        kept = rng.random((n_samples, len(tokens))) < 0.5
        rows = [[one if held else "w39" for one, held in zip(tokens, row, strict=True)] for row in kept]
        return rows, kept

    links = explain_tokens(translate, ["w1", "w2"], perturb=perturb, n_samples=200)
    assert set(links.pairs()) == {(0, 2), (1, 1)}


def test_it_repeats_and_leaves_random_streams_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, other = (explain_tokens(translate, ["w1", "w5"], n_samples=100) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_the_picture_has_a_line_for_each_link_that_counts():
    links = explain_tokens(translate, ["w1", "w5"], n_samples=200)
    svg = "{http://www.w3.org/2000/svg}"
    tree = ET.fromstring(links.to_svg())
    assert len(tree.findall(f"{svg}line")) == len(links.pairs()) == 3
    assert [one.text for one in tree.findall(f"{svg}text")] == [*links.inputs, *links.outputs]


def test_what_cannot_be_explained_is_named():
    with pytest.raises(InputError, match="0 tokens"):
        explain_tokens(translate, [])
    with pytest.raises(InputError, match="one answer for each sequence"):
        explain_tokens(lambda rows: rows[1:], ["w1"])
    with pytest.raises(InputError, match="n_samples must be above 4"):
        explain_series(lambda x: x, [1.0, 2.0, 3.0], n_samples=4)
    with pytest.raises(InputError, match="finite"):
        explain_series(lambda x: x, [1.0, np.nan])
    with pytest.raises(InputError, match="one answer for each row"):
        explain_series(lambda x: x[1:], [1.0, 2.0])
    with pytest.raises(InputError, match="n_groups must be from 1"):
        explain_tokens(translate, ["w1", "w2"], n_samples=200).groups(5)
