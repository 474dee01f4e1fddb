"""The job for pictures, from every kind of source, on scikit-learn's digits of 8 x 8."""

import base64
import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from torch import nn

from netwright.cli import main
from netwright.core.errors import ImageError, InputError
from netwright.data import read_images
from netwright.explain import grad_cam, heat_png
from netwright.nets import PictureNet
from netwright.training import Training
from netwright.training.callbacks.augmentation import Augmentation
from netwright.vision import ConvNetClassifier, ConvNetRegressor
from netwright.workbench import evaluate, fit_pictures, info, load_job, predict
from netwright.workbench.pictures.calibrating import KeptAnswers
from netwright.workbench.pictures.checks import check_pictures
from netwright.workbench.pictures.galleries import galleries_of_mistakes, to_png
from netwright.workbench.pictures.pictures import Pictures
from netwright.workbench.pictures.source import Reading, read_source

DIGITS = load_digits()
X, y = (DIGITS.images * 15).astype(np.uint8), DIGITS.target
SHORT = ConvNetClassifier(training=Training(epochs=4, batch_size=64, threads=1))


def lay_folder(root, rows):
    """A folder for each digit, named by words, so that no order of numbers helps."""
    for row in rows:
        path = root / f"digit {y[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[row]).save(path)
    return root


def idx(path, array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes(), mtime=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return lay_folder(tmp_path_factory.mktemp("digits"), range(900))


@pytest.fixture(scope="module")
def out(tmp_path_factory, folder):
    out = tmp_path_factory.mktemp("job") / "out"
    job = fit_pictures(folder, model=SHORT, out=out, seed=1)
    assert job.whole
    return out


def test_a_folder_of_class_folders_becomes_a_model_a_report_and_held_out_answers(out, folder):
    note = info(out)
    assert (note.task, note.n_rows, note.columns) == ("multiclass", 900, ["picture"])
    assert note.classes == [f"digit {number}" for number in range(10)]
    assert note.scores["net"]["accuracy"] > 0.85
    assert note.scores["net"]["log_loss"] < note.scores["constant"]["log_loss"]
    assert {"constant", "linear model"} < set(note.scores)
    held = pd.read_csv(out / "held_out.csv")
    assert (held["truth"] == held["picture"].str.split("/").str[0]).all()
    assert (held["truth"] == held["prediction"]).mean() == pytest.approx(note.scores["net"]["accuracy"])


def test_the_report_shows_wrong_and_doubtful_pictures_and_loads_nothing(out):
    page = (out / "report.html").read_text(encoding="utf8")
    addresses = re.findall(r'<img src="([^"]+)"', page)
    held = pd.read_csv(out / "held_out.csv")
    n_wrong = (held["truth"] != held["prediction"]).sum()
    assert len(addresses) == 2 * (min(n_wrong, 24) + 24)  # each with its map
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    for word in ("Surely wrong", "Doubtful", "Confusion matrix", "temperature"):
        assert word in page


def test_beside_each_picture_stands_the_map_of_what_the_net_said(out, folder):
    held = pd.read_csv(out / "held_out.csv")
    wrong = held[held["truth"] != held["prediction"]].head(3)
    model = load_job(out)[0]
    maps = grad_cam(model, [folder / name for name in wrong["picture"]], wrong["prediction"].to_numpy())
    page = (out / "report.html").read_text(encoding="utf8")
    for name, heat in zip(wrong["picture"], maps, strict=True):
        picture = read_images([folder / name])[0]
        expected = base64.b64encode(heat_png(picture, heat)).decode()
        drawn = base64.b64encode(to_png(picture)).decode()
        assert f'{drawn}" alt=' in page
        assert f'{expected}" alt="where the net looked"' in page
    assert "red where the net saw what it said" in page


def test_a_net_without_convolutions_has_no_maps(tmp_path):
    np.savez(tmp_path / "d.npz", X=X[:300], y=y[:300])
    plain = ConvNetClassifier(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), training=Training(epochs=1))
    job = fit_pictures(tmp_path / "d.npz", model=plain, references=False)
    shown = [one for gallery in job.content.answers.galleries[:2] for one in gallery.pictures]
    assert shown
    assert not any(one.map for one in shown)


def test_predicting_files_folders_and_tables_gives_the_held_out_answers_again(out, folder, tmp_path):
    held = pd.read_csv(out / "held_out.csv").head(6)
    files = [folder / name for name in held["picture"]]
    table = tmp_path / "new.csv"
    pd.DataFrame({"path": files}).to_csv(table, index=False)
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, file in enumerate(files):
        (flat / f"{number}.png").write_bytes(file.read_bytes())
    for predicted in (predict(out, files), predict(out, table, image="path"), predict(out, flat)):
        assert (predicted["prediction"].to_numpy() == held["prediction"].to_numpy()).all()
        columns = [name for name in held if name.startswith("probability")]
        np.testing.assert_allclose(predicted[columns], held[columns], atol=1e-7)
    assert len(predict(out, str(files[0]))) == 1


def test_evaluating_the_held_out_pictures_gives_the_scores_of_the_job(out, folder, tmp_path):
    held = pd.read_csv(out / "held_out.csv")
    rows = [int(name.split("/")[1].split(".")[0]) for name in held["picture"]]
    again = evaluate(out, lay_folder(tmp_path / "again", rows))
    for name, value in info(out).scores["net"].items():
        assert again[name] == pytest.approx(value, abs=1e-9)


def test_the_temperature_is_the_one_that_the_kept_epoch_asks_for():
    """Nine tenths sure and right seven times of ten: the logits are to be divided by their ratio."""
    kept = KeptAnswers()
    sure, truth = np.array([0.9] * 100 + [0.1] * 100), np.array([1] * 70 + [0] * 30 + [0] * 70 + [1] * 30)
    kept.answers = {1: (truth, np.full(200, 0.5)), 2: (truth, sure)}
    assert kept.temperature(2) == pytest.approx(np.log(9) / np.log(7 / 3), rel=1e-4)
    assert kept.temperature(3) == 1.0


def test_the_temperature_makes_a_too_doubtful_net_surer(tmp_path):
    """After one epoch a net says less than it knows; its answers are cooled everywhere alike."""
    np.savez(tmp_path / "d.npz", X=X, y=y)
    model = ConvNetClassifier(training=Training(epochs=1, threads=1))
    job = fit_pictures(tmp_path / "d.npz", model=model, out=tmp_path / "out", references=False)
    assert job.model.temperature_ < 0.9
    rows = [int(name.split()[1]) - 1 for name in job.held_out["picture"]]
    raw, truth = job.model.predict_proba(X[rows]), job.held_out["truth"].astype(int)
    powers = raw ** (1 / job.model.temperature_)
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(job.held_out.iloc[:, 3:].to_numpy(float), expected, atol=1e-9)
    assert job.scores["log_loss"] == pytest.approx(log_loss(truth, expected), abs=1e-6)
    assert job.scores["log_loss"] < log_loss(truth, raw)
    again = predict(tmp_path / "out", X[rows])
    np.testing.assert_allclose(again.iloc[:, 2:].to_numpy(float), expected, atol=1e-9)


def test_named_test_pictures_are_the_held_out_ones(tmp_path):
    idx(tmp_path / "train-images-idx3-ubyte.gz", X[:300])
    idx(tmp_path / "train-labels-idx1-ubyte.gz", y[:300])
    idx(tmp_path / "t10k-images-idx3-ubyte.gz", X[300:400])
    idx(tmp_path / "t10k-labels-idx1-ubyte.gz", y[300:400])
    np.savez(tmp_path / "all.npz", x_train=X[:300], y_train=y[:300], x_test=X[300:400], y_test=y[300:400])
    lay_folder(tmp_path / "parts" / "train", range(300))
    lay_folder(tmp_path / "parts" / "test", range(300, 400))
    sources = [tmp_path, tmp_path / "train-images-idx3-ubyte.gz", tmp_path / "all.npz", tmp_path / "parts"]
    for source in sources:
        learn, test = read_source(source, Reading())
        assert (len(learn), len(test)) == (300, 100)
    for source in sources[:3]:
        learn, test = read_source(source, Reading())
        assert torch.equal(test.pixels, torch.as_tensor(X[300:400, None]))
        assert (learn.labels == y[:300]).all()
    job = fit_pictures(sources[0], model=SHORT, references=False)
    assert (job.note.n_rows, job.note.n_held_out) == (400, 100)
    assert (job.held_out["truth"].astype(int) == y[300:400]).all()


def test_a_table_of_paths_and_numbers_is_a_regression(folder, tmp_path):
    table = folder.parent / "ink.csv"
    rows = range(900)
    names = [f"{folder.name}/digit {y[row]}/{row}.png" for row in rows]
    pd.DataFrame({"file": names, "ink": X[:900].mean((1, 2)) + 0.5}).to_csv(table, index=False)
    model = ConvNetRegressor(training=Training(epochs=8, batch_size=32, threads=1))
    job = fit_pictures(table, image="file", target="ink", model=model, out=tmp_path / "out")
    assert job.note.task == "regression"
    assert job.scores["r2"] > 0.8
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf8")
    assert "Furthest off" in page
    assert page.count('alt="where the net looked"') == 24
    assert predict(tmp_path / "out", table, image="file").shape == (900, 2)
    assert evaluate(tmp_path / "out", table, image="file")["r2"] > 0.8


def test_augmentations_are_shown_as_the_net_saw_them(tmp_path):
    np.savez(tmp_path / "d.npz", X=X[:300], y=y[:300])

    def white(inputs, target, generator):
        return torch.full_like(inputs, 255), target

    training = Training(epochs=1, callbacks=[Augmentation(white)])
    job = fit_pictures(tmp_path / "d.npz", model=ConvNetClassifier(training=training), references=False)
    shown = job.content.answers.galleries[-1]
    assert shown.name == "As the net saw them"
    assert {one.png for one in shown.pictures} == {to_png(torch.full((1, 8, 8), 255, dtype=torch.uint8))}


def test_the_surest_mistake_stands_first_and_the_closest_call_too():
    pictures = Pictures(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), None, list("abcd"))
    probability = np.array([[0.9, 0.1], [0.4, 0.6], [0.51, 0.49], [0.2, 0.8]])
    truth = np.array(["no", "no", "no", "no"])
    wrong, doubtful = galleries_of_mistakes(pictures, truth, ["no", "yes"], probability)
    assert [one.note[-1] for one in wrong.pictures] == ["d", "b"]
    assert wrong.pictures[0].title == "no, said yes"
    assert doubtful.pictures[0].note.endswith("c")


def test_copies_contradictions_and_rare_classes_are_told_by_name():
    pixels = torch.as_tensor(X[:120, None])
    labels = np.where(np.arange(120) < 115, "a", "b")
    learn = Pictures(
        torch.cat([pixels, pixels[:1]]), np.append(labels, "b"), [f"{n}.png" for n in range(121)]
    )
    held = Pictures(pixels[5:7], labels[5:7], ["copy 1", "copy 2"])
    found = {finding.kind: finding for finding in check_pictures(learn, held)}
    assert set(found) == {"copies_held_out", "conflicting_labels", "few_pictures", "class_imbalance"}
    assert "copy 1" in found["copies_held_out"].message
    assert found["conflicting_labels"].rows == (120,)
    clean = Pictures(pixels[:60], np.repeat(["a", "b"], 30), [str(n) for n in range(60)])
    assert check_pictures(clean, Pictures(pixels[60:], labels[60:], ["x"] * 60)) == []


def test_a_bad_file_is_named_and_nothing_is_written(folder, tmp_path):
    bad = lay_folder(tmp_path / "bad", range(40))
    (bad / "digit 3" / "torn.png").write_bytes(next((bad / "digit 1").iterdir()).read_bytes()[:60])
    with pytest.raises(ImageError, match=r"torn\.png"):
        fit_pictures(bad, out=tmp_path / "out", model=SHORT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": y}, "must hold an array X"),
        ({"X": X, "y": y[:-1]}, "a label for each picture"),
        ({"X": X}, "must have labels"),
        ({"X": X, "y": y, "X_test": X[:3], "y_test": np.array([1, 2, 77])}, "'77' for row 3"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, message, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        fit_pictures(tmp_path / "a.npz", model=SHORT)


def test_arrays_of_python_objects_are_never_read(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.array([{"a": 1}], dtype=object), y=[0])
    with pytest.raises(ImageError, match="must hold arrays that can be read"):
        fit_pictures(tmp_path / "a.npz")


def test_the_same_seed_gives_the_same_answers(folder):
    one, two = (
        fit_pictures(
            folder, model=ConvNetClassifier(PictureNet, training=Training(epochs=1)), references=False, seed=3
        )
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.held_out, two.held_out)


def test_the_command_line_fits_predicts_and_evaluates(folder, tmp_path, capsys):
    small = lay_folder(tmp_path / "small", range(160))
    run = tmp_path / "run"

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        return end.value.code or 0, capsys.readouterr()

    assert call("fit", small, "--out", run, "--no-references")[0] == 0
    files = sorted((small / "digit 4").iterdir())[:2]
    code, told = call("predict", run, *files)
    assert code == 0
    assert len(told.out.splitlines()) == 3
    code, told = call("evaluate", run, small, "--json")
    assert code == 0
    assert 0 <= json.loads(told.out)["accuracy"] <= 1
    code, told = call("fit", small, "--out", run, "--group", "who")
    assert code == 2
    assert "--group" in told.err
    assert call("info", run)[0] == 0
