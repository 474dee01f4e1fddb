"""Word similarity and analogies: gensim's figures on the same vectors."""

from pathlib import Path

import gensim
import numpy as np
import pytest
from gensim.models import KeyedVectors

from netwright.core.errors import InputError
from netwright.metrics import UndefinedScoreError, cos_add, cos_mul, word_analogy_scores, word_similarity
from netwright.metrics import word_analogies as module

FOLDER = Path(gensim.__file__).parent / "test" / "test_data"
QUESTIONS = FOLDER / "questions-words.txt"


def some_vectors(words, seed=0, width=20):
    """Words with vectors, in our form and in gensim's."""
    vectors = np.random.default_rng(seed).normal(size=(len(words), width)).astype(np.float32)
    keyed = KeyedVectors(width)
    keyed.add_vectors(words, vectors)
    return words, vectors, keyed


@pytest.fixture(scope="module")
def known():
    """Most words of the questions, some in several cases, with vectors in which relations are planted."""
    lines = [line.split() for line in QUESTIONS.read_text().split("\n") if line and not line.startswith(":")]
    words = list(dict.fromkeys(word for line in lines for word in line))
    rng = np.random.default_rng(1)
    words = [word for word in words if rng.random() < 0.9]
    words = list(dict.fromkeys(words + [word.lower() for word in words[::5]]))
    words, vectors, _ = some_vectors(words)
    rows = {word.upper(): row for row, word in reversed(list(enumerate(words)))}
    for a, b, *_ in lines[::3]:
        if a.upper() in rows and b.upper() in rows:
            vectors[rows[b.upper()]] = (
                vectors[rows[a.upper()]] + np.linspace(-1, 1, 20) + 0.3 * rng.normal(size=20)
            )
    keyed = KeyedVectors(20)
    keyed.add_vectors(words, vectors)
    return words, vectors, keyed


@pytest.fixture(scope="module")
def some_questions(tmp_path_factory):
    """Each twentieth question of the file, in its sections."""
    path = tmp_path_factory.mktemp("questions") / "some.txt"
    lines = QUESTIONS.read_text().splitlines(keepends=True)
    path.write_text("".join(line for n, line in enumerate(lines) if n % 20 == 0 or line.startswith(":")))
    return path


@pytest.mark.parametrize("how", [{}, {"ignore_case": False}, {"max_words": 600}, {"unknown_is_wrong": True}])
def test_analogies_equal_gensims_by_section(known, some_questions, how):
    words, vectors, keyed = known
    ours = word_analogy_scores(words, vectors, some_questions, **how)
    score, sections = keyed.evaluate_word_analogies(
        str(some_questions),
        restrict_vocab=how.get("max_words", 300_000),
        case_insensitive=how.get("ignore_case", True),
        dummy4unknown=how.get("unknown_is_wrong", False),
    )
    assert ours.accuracy == pytest.approx(score)
    assert 0.02 < score < 1
    assert len(ours.sections) == len(sections) - 1 == 14
    for our, their in zip(ours.sections, sections, strict=False):
        assert our.name == their["section"]
        assert our.n_right == len(their["correct"])
        assert len(our.answers) == len(their["correct"]) + len(their["incorrect"])
    counts = [(sum(one.n_right for one in some), sum(len(one.answers) for one in some)) for some in (
        ours.sections[:5], ours.sections[5:]
    )]  # fmt: skip
    assert ours.semantic == pytest.approx(counts[0][0] / counts[0][1])
    assert ours.syntactic == pytest.approx(counts[1][0] / counts[1][1])


@pytest.mark.parametrize("objective", [cos_add, cos_mul])
def test_answers_equal_gensims_nearest_words(known, some_questions, objective):
    words, vectors, keyed = known
    ours = word_analogy_scores(words, vectors, some_questions, objective=objective, ignore_case=False)
    ask = keyed.most_similar if objective is cos_add else keyed.most_similar_cosmul
    for section in ours.sections[::4]:
        for a, b, c, _, found in section.answers[:20]:
            assert found == ask([b, c], [a], topn=1)[0][0]


def test_small_blocks_give_the_same_answers(known, some_questions, monkeypatch):
    expected = word_analogy_scores(*known[:2], some_questions)
    monkeypatch.setattr(module, "CELLS", 9 * len(known[0]))
    assert word_analogy_scores(*known[:2], some_questions) == expected


def test_a_question_never_answers_itself():
    words, vectors = ["a", "A", "b", "c", "x"], np.eye(5, 3)
    vectors[1] = vectors[0]
    (section,) = word_analogy_scores(words, vectors, [("a", "a", "a", "x")]).sections
    assert section.answers[0][4] not in {"a", "A"}
    (section,) = word_analogy_scores(words, vectors, [("a", "b", "a", "x")], ignore_case=False).sections
    assert section.answers[0][4] == "A"


@pytest.mark.parametrize("name", ["wordsim353.tsv", "simlex999.txt"])
@pytest.mark.parametrize("how", [{}, {"ignore_case": False}, {"max_words": 300}, {"unknown_as_zero": True}])
def test_similarities_equal_gensims(name, how):
    lines = [
        line.split("\t") for line in (FOLDER / name).read_text().splitlines() if not line.startswith("#")
    ]
    words = list(dict.fromkeys(word for line in lines for word in line[:2]))[20:]
    words, vectors, keyed = some_vectors(list(dict.fromkeys(words + [word.upper() for word in words[:40]])))
    ours = word_similarity(words, vectors, FOLDER / name, **how)
    pearson, spearman, unknown = keyed.evaluate_word_pairs(
        str(FOLDER / name),
        restrict_vocab=how.get("max_words", 300_000),
        case_insensitive=how.get("ignore_case", True),
        dummy4unknown=how.get("unknown_as_zero", False),
    )
    assert ours.pearson == pytest.approx(pearson[0], abs=1e-6)
    assert ours.spearman == pytest.approx(spearman[0], abs=1e-6)
    n = ours.n_pairs if how.get("unknown_as_zero") else ours.n_pairs + ours.n_unknown
    assert 100 * ours.n_unknown / n == pytest.approx(unknown)


def test_bad_evaluations_are_refused(tmp_path):
    words, vectors = ["a", "b", "c"], np.eye(3)
    file = tmp_path / "a.txt"
    file.write_text("# words\nWord 1\tWord 2\tmean\na\tb\t1\nb\tc\t2\n\na\tc\t3\n")
    assert word_similarity(words, np.random.default_rng(0).normal(size=(3, 2)), file).n_pairs == 3
    file.write_text("a\tb\t1\na b\n")
    with pytest.raises(InputError, match=r"parted by tabs, got 'a b' in line 2"):
        word_similarity(words, vectors, file)
    file.write_text(": one\na b c\n")
    with pytest.raises(InputError, match="four words, or a colon"):
        word_analogy_scores(words, vectors, file)
    with pytest.raises(InputError, match=r"\(2, 3\) for 3 words"):
        word_analogy_scores(words, vectors[:2], [])
    with pytest.raises(UndefinedScoreError, match="0 of 1"):
        word_similarity(words, vectors, [("a", "unknown", 1.0)])
    with pytest.raises(InputError, match="nowhere"):
        word_similarity(words, vectors, "nowhere")
    assert word_analogy_scores(words, vectors, []).accuracy == 0
