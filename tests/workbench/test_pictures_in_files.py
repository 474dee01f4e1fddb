"""Jobs of pictures that stay in their files: the answers of those in memory, and every bad file told."""

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from netwright.core.errors import ImageError, InputError
from netwright.core.memory import available_memory
from netwright.data import ImageFiles
from netwright.training import Training
from netwright.training.callbacks.checkpoint import LAST
from netwright.training.run import Run
from netwright.vision import ConvNetClassifier
from netwright.workbench import fit_pictures, predict
from netwright.workbench.pictures.source import Reading, read_source

DIGITS = load_digits()
X, y = (DIGITS.images * 15).astype(np.uint8), DIGITS.target
N = 240


def net(**settings):
    recipe = Training(**{"epochs": 2, "batch_size": 32, "threads": 1, **settings})
    return ConvNetClassifier(training=recipe)


def lay(root, rows=range(N)):
    for row in rows:
        path = root / f"digit {y[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[row]).save(path)
    copy = root / "digit 0" / "copy.png"
    copy.write_bytes(next(root.glob("digit 0/0.png")).read_bytes())
    return root


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return lay(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def in_memory(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("memory") / "job"
    return fit_pictures(folder, model=net(), out=out, memory=1 << 30), out


def same(one, two):
    """Whether two jobs have the same bits of the model, the answers and the scores."""
    weights, others = one.model.network_.state_dict(), two.model.network_.state_dict()
    return (
        all(torch.equal(value, others[name]) for name, value in weights.items())
        and one.held_out.equals(two.held_out)
        and one.scores == two.scores
        and one.model.temperature_ == two.model.temperature_
    )


def facts(job):
    return {fact.name: fact.value for fact in job.content.asked}


def test_the_memory_decides_where_pictures_are_kept_and_nothing_else(in_memory, folder):
    job, out = in_memory
    other = fit_pictures(folder, model=net(), memory=1000)
    assert (facts(job)["pictures kept"], facts(other)["pictures kept"]) == ("in memory", "in their files")
    assert same(job, other)
    assert job.note.scores == other.note.scores  # those of the references as well
    assert job.content.findings == other.content.findings
    assert job.content.answers.galleries == other.content.answers.galleries
    files = sorted(folder.glob("*/*.png"))
    pixels = ImageFiles(files, size=8, channels=1, memory=0)
    expected = job.model.predict_proba(files)
    np.testing.assert_array_equal(job.model.predict_proba(pixels), expected)
    assert predict(out, files)["prediction"].equals(predict(out, folder)["prediction"])


def test_a_quarter_of_what_is_free_is_the_limit_where_none_is_given(folder, monkeypatch):
    n_bytes = (N + 1) * 64
    for free, in_files in ((4 * n_bytes, False), (4 * n_bytes - 4, True)):
        monkeypatch.setattr("netwright.workbench.pictures.source.available_memory", lambda free=free: free)
        assert read_source(folder, Reading())[0].in_files is in_files
    whole = available_memory()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert available_memory() < whole / 2


@pytest.mark.parametrize("memory", [0, 1 << 30])
def test_a_file_in_the_middle_that_cannot_be_read_is_named_or_left_out_and_told(memory, in_memory, tmp_path):
    root = lay(tmp_path / "digits")
    (root / "digit 4" / "torn.png").write_bytes(next(root.glob("digit 4/*.png")).read_bytes()[:60])
    with pytest.raises(ImageError, match=r"torn\.png must be a whole picture"):
        fit_pictures(root, model=net(), out=tmp_path / "job", memory=memory)
    assert not (tmp_path / "job").exists()
    job = fit_pictures(root, model=net(), memory=memory, unreadable="skip")
    (finding,) = [one for one in job.content.findings if one.kind == "unreadable_pictures"]
    assert finding.message == "1 file cannot be read and is left out; 241 of 242 pictures are there."
    assert "torn.png" in finding.remedy
    assert same(job, in_memory[0])
    with pytest.raises(InputError, match="unreadable must be"):
        fit_pictures(root, unreadable="ignore")


def test_a_file_that_is_lost_in_training_is_told_and_the_job_goes_on_when_it_is_back(
    in_memory, tmp_path, monkeypatch
):
    root, out = lay(tmp_path / "digits"), tmp_path / "job"
    told = {"model": net(), "out": out, "memory": 0, "checkpoint_every": 0.0}
    lost, real = root / "digit 7" / "7.png", Run._one_epoch
    kept = lost.read_bytes()

    def one_epoch(run):
        if run.epoch == 1:
            lost.unlink(missing_ok=True)
        real(run)

    monkeypatch.setattr(Run, "_one_epoch", one_epoch)
    with pytest.raises(
        ImageError, match=r"7\.png must be a file that can be read, got none of that"
    ) as ended:
        fit_pictures(root, **told)
    monkeypatch.undo()
    assert ended.value.__notes__ == ["go on with the same call of fit, with resume=True"]
    assert (out / "checkpoint" / LAST).exists()
    with pytest.raises(InputError, match="the data must be what they were"):
        fit_pictures(root, **told, resume=True)
    lost.write_bytes(kept)
    assert same(fit_pictures(root, **told, resume=True), in_memory[0])


def test_an_estimator_takes_pictures_in_files_and_says_which_size_it_wants(folder):
    files = sorted(folder.glob("*/*.png"))
    labels = [file.parent.name for file in files]
    one, two = (
        ConvNetClassifier(training=Training(epochs=1, threads=1), random_state=0).fit(given, labels)
        for given in (files, ImageFiles(files, memory=5000, n_workers=1))
    )
    np.testing.assert_array_equal(one.predict_proba(files), two.predict_proba(files))
    with pytest.raises(
        InputError, match=r"1 channels of 8 x 8 .* got 1 channels of 16 x 16 .* size=\(8, 8\)"
    ):
        one.predict(ImageFiles(files, size=16))
    with pytest.raises(InputError, match="1 channels of 9 x 9"):
        ConvNetClassifier(size=9).fit(ImageFiles(files), labels)


def test_with_augment_the_net_sees_what_keeps_the_labels_and_the_report_says_why(folder):
    job = fit_pictures(folder, model=net(epochs=1), memory=0, augment=True, references=False)
    (told,) = [one for one in job.content.findings if one.kind == "augmentation"]
    assert "flip is left out" in told.message
    assert "turn is chosen" in told.message
    plain = fit_pictures(folder, model=net(epochs=1), references=False)
    assert not same(job, plain)
    names = [[gallery.name for gallery in one.content.answers.galleries] for one in (job, plain)]
    assert names[0] == [*names[1], "As the net saw them"]  # pictures as small as these are not shifted else
