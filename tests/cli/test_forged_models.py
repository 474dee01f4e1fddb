"""Hostile documents whose fingerprints are in order: one line, and only what netwright knows is built."""

import copy
import json
import random
import signal
from collections import Counter

import pytest

from netwright.core.errors import InputError, ModelError
from netwright.core.saving import Archive, read_archive, write_archive
from netwright.estimators.codec import Encoder
from netwright.workbench import fit, predict

KNOWN = "a saved model may only name classes that are known, got"
OUTSIDE = [
    "os:system",
    "os:mkdir",
    "subprocess:Popen",
    "builtins:eval",
    "builtins:exec",
    "pathlib:Path",
    "netwright.core.files:os",
    "netwright.core.files:tempfile",
    "netwright.core.errors:InputError",
    "netwright.workbench.job:load_job",
    "netwright.workbench:fit",
    "netwright.nowhere:Thing",
    "netwright:__doc__",
    "netwright.cli:main",
    "netwright.__main__:main",
    "netwright.tabular.mlp:MLPClassifier.fit",
    "netwrightx:Evil",
    "sklearn.linear_model:Ridge",
    "torch:load",
    "",
    ":",
    "a:b:c",
]


@pytest.fixture
def forged(fitted, tmp_path):
    """Writes a job whose document was changed and is whole for all that its fingerprints tell."""
    honest = read_archive(fitted / "job" / "model")
    folder = tmp_path / "forged"
    folder.mkdir()
    (folder / "job.json").write_bytes((fitted / "job" / "job.json").read_bytes())

    def forge(change):
        document = copy.deepcopy(honest.document)
        change(document["estimator"])
        write_archive(Archive(document, honest.tensors, honest.files), folder / "model")
        return folder

    return forge


def fields(**values):
    """Set settings of the saved estimator."""
    return lambda estimator: estimator["fields"].update(values)


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("form", ["$object", "$class", "$function", "$module"])
def test_a_class_from_elsewhere_is_refused_unopened(form, name, forged, tmp_path, table):
    tree = {form: name, "fields": {"path": str(tmp_path / "exploded")}, "fitted": {}}
    with pytest.raises(ModelError, match="may only name classes that are known") as refusal:
        predict(forged(fields(training=tree)), table)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["torch.nn:init", "torch.nn:Tanhh", "torch.hub:load", "torch.nn.utils:Any"])
def test_what_torch_does_not_list_as_a_class_is_refused(name, forged, refused, fitted):
    line = refused("predict", forged(fields(activation={"$class": name})), fitted / "t.csv")
    assert f"{KNOWN} '{name}'" in line


def test_an_estimator_of_an_unknown_class_is_refused_with_the_remedy(forged, refused):
    def change(estimator):
        estimator["$object"] = "netwright.tabular.mlp:MLPClassifierOfTomorrow"

    assert "load it with classes=[...] if it is yours; otherwise do not trust" in refused(
        "info", forged(change)
    )


def test_something_else_than_an_estimator_is_refused(forged, refused):
    def change(estimator):
        estimator.clear()
        estimator.update({"$tuple": [1, 2]})

    assert "the model must be an estimator, got tuple" in refused("info", forged(change))


@pytest.mark.parametrize("name", ["netwright.workbench.fit:fit", "netwright.core.files:write_atomically"])
def test_functions_that_write_files_cannot_be_slipped_in_as_an_activation(name, forged, table, tmp_path):
    call = {
        "$partial": {"$function": name},
        "with": {"$dict": [["data", "x"], ["path", str(tmp_path / "exploded")], ["target", "y"]]},
    }
    with pytest.raises(ModelError, match="classes that are known"):
        predict(forged(fields(activation=call)), table)
    assert not (tmp_path / "exploded").exists()


def test_functions_that_could_not_be_loaded_are_refused_when_saving():
    with pytest.raises(ModelError, match=r"an object of builtins\.function; set it to None before saving"):
        Encoder().tree(fit, "training.loss")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(fields(hidden={"$tuple": [10**9] * 2}), id="a wide network"),
        pytest.param(fields(hidden={"$tuple": [4] * 100_000}), id="a deep network"),
        pytest.param(fields(hidden={"$tuple": [10**30]}), id="more units than memory has addresses"),
        pytest.param(fields(hidden="wide"), id="a word for a tuple"),
        pytest.param(fields(hidden={"$tuple": ["8"]}), id="a word for a number"),
        pytest.param(fields(hidden={"$tuple": [-8]}), id="a negative width"),
        pytest.param(fields(surprise=1), id="an unknown setting"),
        pytest.param(fields(hidden={}), id="an empty form"),
        pytest.param(
            fields(hidden={"$array": [1, 2], "dtype": "int64", "shape": [10**12]}), id="a huge array"
        ),
        pytest.param(fields(hidden={"$array": [], "dtype": "os", "shape": [0]}), id="no kind of array"),
        pytest.param(fields(hidden={"$tensor": "nowhere"}), id="a tensor that is not there"),
        pytest.param(fields(hidden={"$dict": [[{"$dict": []}, 1]]}), id="a key that cannot be one"),
        pytest.param(fields(hidden={"$skops": "../../secret"}), id="a file elsewhere"),
        pytest.param(fields(hidden={"$float": "wide"}), id="no float"),
        pytest.param(lambda e: e["fitted"].update(fit=1), id="a method overwritten"),
        pytest.param(lambda e: e["fitted"].update(__class__=1), id="the class overwritten"),
        pytest.param(lambda e: e.pop("fields"), id="no settings"),
        pytest.param(lambda e: e["fitted"].pop("head_"), id="no head"),
        pytest.param(lambda e: e["fitted"].update(head_="soft"), id="a word for the head"),
        pytest.param(lambda e: e["fitted"].update(sample_shape_={"$tuple": ["many"]}), id="a shape of words"),
    ],
)
def test_a_document_that_makes_no_model_is_refused_by_one_line(change, forged, refused):
    refused("info", forged(change))


def test_more_threads_than_a_computer_has_are_refused_before_they_are_started(forged, refused, fitted):
    recipe = {"$object": "netwright.training.training:Training", "fields": {"threads": 10**9}, "fitted": {}}
    line = refused("predict", forged(fields(training=recipe)), fitted / "t.csv")
    assert "threads must be a whole number from 1 to 1024, got 1000000000; leave it out" in line


def test_a_deeply_nested_document_is_refused(fitted, job, refused):
    path = job / "model" / "estimator.json"
    head = json.loads(path.read_text())
    nested = json.dumps(head | {"document": "HERE"}).replace('"HERE"', "[" * 50_000 + "]" * 50_000)
    path.write_text(nested)
    assert "that is no whole JSON document; copy or save it again" in refused("info", job)


def test_no_change_of_any_value_gives_more_than_one_line(forged, table):
    """Strings where numbers are expected, huge numbers, other forms: 150 of them, drawn from all places."""
    strange = [
        "x",
        None,
        -1,
        10**9,
        10**30,
        1e308,
        [],
        {},
        True,
        {"$tuple": [1]},
        {"$class": "os:system"},
        "\x00",
    ]
    rng = random.Random(0)
    seen = Counter()

    def change(estimator):
        places = list(containers(estimator))
        place = rng.choice(places)
        place[rng.choice(list(place) if isinstance(place, dict) else range(len(place)))] = rng.choice(strange)

    signal.alarm(120)  # a model that keeps us waiting would be a failure, too
    for _ in range(150):
        try:
            predict(forged(change), table.head(3))
            lines = []
        except InputError as refusal:
            lines = str(refusal).splitlines()
        seen[len(lines)] += 1
    signal.alarm(0)
    assert set(seen) == {0, 1}
    assert min(seen.values()) > 20


def containers(tree):
    if isinstance(tree, (dict, list)) and tree:
        yield tree
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from containers(part)
