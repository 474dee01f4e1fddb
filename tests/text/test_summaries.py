"""Summaries: sentences are found, scores are networkx's, and central sentences win."""

import json
import math
import re
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from gensim.test.utils import datapath
from scipy import sparse

from netwright.core.errors import InputError
from netwright.text import LexRank, TextRank, split_sentences, summarise
from netwright.text.page_rank import page_rank


def news():
    return Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()[:4]


def words_of(sentence):
    return re.findall(r"\w+(?:'\w+)*", sentence.lower())


def text_rank_by_hand(sentences):
    words = [words_of(one) for one in sentences]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(words)))
    for i, a in enumerate(words):
        for j, b in enumerate(words[:i]):
            shared, length = len(set(a) & set(b)), math.log(max(len(a), 1)) + math.log(max(len(b), 1))
            if shared and length > 0:
                graph.add_edge(i, j, weight=shared / length)
    return nx.pagerank(graph, tol=1e-12, max_iter=1000)


def lex_rank_by_hand(sentences, threshold):
    words = [words_of(one) for one in sentences]
    rarity = {w: math.log(len(words) / sum(w in one for one in words)) for one in words for w in one}
    vectors = [{w: one.count(w) * rarity[w] for w in one} for one in words]
    lengths = [math.sqrt(sum(value**2 for value in vector.values())) for vector in vectors]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(words)))
    for i, a in enumerate(vectors):
        for j, b in enumerate(vectors[: i + 1]):
            cosine = sum(a[w] * b[w] for w in a if w in b) / ((lengths[i] * lengths[j]) or 1)
            if cosine > (threshold or 0):
                graph.add_edge(i, j, weight=1 if threshold is not None else cosine)
    return nx.pagerank(graph, tol=1e-12, max_iter=1000)


@pytest.mark.parametrize("text", news())
def test_text_rank_scores_equal_networkx(text):
    sentences = split_sentences(text)
    expected = text_rank_by_hand(sentences)
    np.testing.assert_allclose(TextRank().scores(sentences), list(expected.values()), atol=1e-6)
    best = sorted(sorted(expected, key=expected.get, reverse=True)[:3])
    assert summarise(text, 3) == [sentences[row] for row in best]


@pytest.mark.parametrize("threshold", [0.1, None])
@pytest.mark.parametrize("text", news())
def test_lex_rank_scores_equal_networkx(text, threshold):
    sentences = split_sentences(text)
    expected = lex_rank_by_hand(sentences, threshold)
    found = LexRank(threshold).scores(sentences)
    np.testing.assert_allclose(found, list(expected.values()), atol=1e-6)


def test_page_rank_equals_networkx_on_graphs_with_nodes_without_edges():
    for seed in range(3):
        graph = nx.gnp_random_graph(30, 0.06, seed=seed, directed=True)
        weights = sparse.csr_array(nx.to_scipy_sparse_array(graph, dtype=float))
        assert (weights.sum(axis=1) == 0).any()
        expected = nx.pagerank(graph, alpha=0.7, tol=1e-12, max_iter=1000)
        np.testing.assert_allclose(page_rank(weights, damping=0.7), list(expected.values()), atol=1e-6)
    assert page_rank(sparse.csr_array((0, 0))).shape == (0,)


def test_a_planted_central_sentence_is_the_summary():
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(40)]
    edges = [" ".join(words[4 * i : 4 * i + 4]) for i in range(10)]
    centre = " ".join(rng.permutation(words[::4]))
    sentences = [*edges[:5], centre, *edges[5:]]
    for ranker in (TextRank(), LexRank(), LexRank(threshold=None)):
        assert summarise(sentences, 1, ranker=ranker) == [centre]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("Dr. Who met J. R. Ewing. They left.", ["Dr. Who met J. R. Ewing.", "They left."]),
        ("It cost 3.50 dollars. 20 came.", ["It cost 3.50 dollars.", "20 came."]),
        ("He said “No.” She agreed.", ["He said “No.”", "She agreed."]),
        ("e.g. this one", ["e.g. this one"]),
        ("A heading\n\nA paragraph goes\non. End", ["A heading", "A paragraph goes on.", "End"]),
        ("Ärger kam. Über Nacht.", ["Ärger kam.", "Über Nacht."]),
        ("", []),
    ],
)
def test_sentences_end_where_they_do(text, expected):
    assert split_sentences(text) == expected


def test_a_summary_keeps_the_order_of_the_text_and_its_length():
    text = news()[0]
    sentences = split_sentences(text)
    summary = summarise(text, 4)
    places = [sentences.index(one) for one in summary]
    assert places == sorted(places)
    assert len(summary) == 4
    assert summarise(sentences, 99) == sentences


def test_what_is_no_text_is_told():
    with pytest.raises(InputError, match="must have sentences"):
        summarise("  \n ")
    with pytest.raises(InputError, match="n_sentences"):
        summarise("One.", 0)


@pytest.mark.parametrize(("ranker", "least"), [(TextRank(), 19), (LexRank(), 21)])
def test_summaries_overlap_with_sumys_choice(ranker, least):
    """Of 24 sentences; chance would choose eleven or twelve, since some texts are short."""
    chosen = json.loads((Path(__file__).parent / "fixtures/sumy_choices.json").read_text(encoding="utf-8"))
    texts = Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()[:8]
    common = 0
    for text, theirs in zip(texts, chosen[type(ranker).__name__], strict=True):
        best = np.argsort(-ranker.scores(split_sentences(text)), kind="stable")[:3]
        common += len(set(best.tolist()) & set(theirs))
    assert common >= least
