"""Autoencoders on scikit-learn's digits: real handwriting, 8 by 8 pixels of 0 to 16."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, FastICA
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from torch import nn

from netwright.contracts.estimator import check_estimator, check_repeats
from netwright.core.errors import InputError
from netwright.embeddings import (
    Autoencoder,
    ContractiveAutoencoder,
    ConvAutoencoder,
    DenoisingAutoencoder,
    L1SparseAutoencoder,
    SparseAutoencoder,
    TiedAutoencoder,
    compare_reductions,
)
from netwright.nets import PictureNet
from netwright.training import Training

X, Y = load_digits(return_X_y=True)
OLD, NEW, OLD_Y, NEW_Y = train_test_split(X, Y, random_state=0, stratify=Y)
QUICK = Training(epochs=2)
FAST = Training(epochs=40, learning_rate=3e-3)
OTHERS = [
    DenoisingAutoencoder(width=2, hidden=(4,), training=QUICK),
    SparseAutoencoder(width=2, training=QUICK),
    L1SparseAutoencoder(width=2, training=QUICK),
    TiedAutoencoder(width=2, training=QUICK),
    ContractiveAutoencoder(width=2, training=QUICK),
]


def names(estimators):
    return [type(estimator).__name__ for estimator in estimators]


def pictures(rows):
    return rows.reshape(-1, 8, 8).round().astype(np.uint8)


def error(model, rows=NEW):
    return float(model.reconstruction_error(rows).mean())


def n_parameters(model):
    return sum(parameter.numel() for parameter in model.network_.parameters())


def test_they_keep_the_contract_of_estimators():
    check_estimator(Autoencoder(width=2, hidden=(4,), training=Training(epochs=1)))


@pytest.mark.parametrize("estimator", OTHERS, ids=names(OTHERS))
def test_tables_repeat_and_survive_saving(estimator):
    check_repeats(estimator)


@pytest.mark.parametrize(
    "estimator",
    [
        ConvAutoencoder(width=3, channels=(4,), training=QUICK),
        ConvAutoencoder(width=3, channels=(4,), backbone=PictureNet(3, 3, (4,), patch=1), training=QUICK),
        DenoisingAutoencoder(width=3, hidden=(4,), masked=0.2, training=QUICK),
        SparseAutoencoder(width=3, hidden=(4,), training=QUICK),
        Autoencoder(width=3, hidden=(8,), training=QUICK),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_pictures_of_bytes_repeat_and_survive_saving(estimator):
    check_repeats(estimator, np.random.default_rng(0).integers(0, 256, (30, 3, 5, 7), dtype=np.uint8))


def test_a_convolutional_autoencoder_learns_with_the_encoder_it_is_given():
    model = ConvAutoencoder(3, (4,), PictureNet(3, 1, (4,), 1), QUICK).fit(pictures(OLD[:40]))
    assert isinstance(model.network_.encoder, PictureNet)


def test_a_linear_autoencoder_comes_within_one_per_cent_of_principal_components():
    pca = PCA(8).fit(OLD)
    best = np.square(OLD - pca.inverse_transform(pca.transform(OLD))).mean()
    recipe = Training(epochs=60, learning_rate=5e-3, validation=0)
    linear = Autoencoder(width=8, hidden=(), training=recipe, random_state=0).fit(OLD)
    assert best <= error(linear, OLD) <= 1.01 * best


def test_a_deep_autoencoder_beats_principal_components_on_new_digits():
    pca = PCA(8).fit(OLD)
    straight = np.square(NEW - pca.inverse_transform(pca.transform(NEW))).mean()
    deep = Autoencoder(width=8, training=Training(epochs=40, learning_rate=2e-3), random_state=0).fit(OLD)
    assert error(deep) < 0.8 * straight


def test_with_no_more_parameters_a_convolutional_autoencoder_makes_new_digits_better_than_a_dense_one():
    """Digits somewhere in pictures of 12 by 12 pixels, as handwriting comes."""
    rng = np.random.default_rng(0)
    placed = []
    for rows in (OLD, NEW):
        canvas = np.zeros((len(rows), 12, 12), np.uint8)
        for picture, digit, (top, left) in zip(canvas, rows, rng.integers(0, 5, (len(rows), 2)), strict=True):
            picture[top : top + 8, left : left + 8] = digit.reshape(8, 8)
        placed.append(canvas)
    recipe = Training(epochs=15, learning_rate=5e-3)
    conv = ConvAutoencoder(width=16, channels=(8,), training=recipe, random_state=0).fit(placed[0])
    dense = Autoencoder(width=16, hidden=(30,), training=recipe, random_state=0).fit(placed[0])
    assert n_parameters(conv) <= n_parameters(dense)
    assert error(conv, placed[1]) < 0.9 * error(dense, placed[1])


def test_two_numbers_of_a_deep_code_tell_digits_better_than_two_principal_components_by_ten_points():
    recipe = Training(epochs=60, learning_rate=3e-3)
    deep = Autoencoder(width=2, hidden=(128, 64, 32), training=recipe, random_state=0).fit(OLD)
    scores = [
        KNeighborsClassifier(10).fit(method.transform(OLD), OLD_Y).score(method.transform(NEW), NEW_Y)
        for method in (deep, PCA(2).fit(OLD))
    ]
    assert scores[0] > scores[1] + 0.10


def psnr(found, truth):
    return 10 * np.log10(16**2 / np.square(found.reshape(len(truth), -1) - truth).mean())


def test_a_denoising_autoencoder_gains_five_decibels_and_beats_a_plain_one():
    noisy = NEW + np.random.default_rng(0).normal(0, 6, NEW.shape)
    recipe = Training(epochs=40, learning_rate=2e-3)
    denoising, plain = (
        model.fit(OLD)
        for model in (
            DenoisingAutoencoder(noise=1.3, training=recipe, random_state=0),
            Autoencoder(training=recipe, random_state=0),
        )
    )
    cleaned = psnr(denoising.reconstruct(noisy), NEW)
    assert cleaned > psnr(noisy, NEW) + 5
    assert cleaned > psnr(plain.reconstruct(noisy), NEW) + 1


def test_a_denoising_autoencoder_fills_hidden_pixels_better_than_a_plain_one():
    holes = np.where(np.random.default_rng(0).random(NEW.shape) < 0.5, 0, NEW)
    recipe = Training(epochs=20, learning_rate=3e-3)
    denoising, plain = (
        DenoisingAutoencoder(hidden=(16,), noise=0.0, masked=masked, training=recipe, random_state=0).fit(
            pictures(OLD)
        )
        for masked in (0.5, 0.0)
    )
    filled = psnr(denoising.reconstruct(pictures(holes)), NEW)
    assert filled > psnr(holes, NEW) + 5
    assert filled > psnr(plain.reconstruct(pictures(holes)), NEW) + 1


def test_the_target_of_a_denoising_autoencoder_is_clean():
    """Rows that are all alike come back as they are, whatever was hidden from the network."""
    model = DenoisingAutoencoder(width=2, hidden=(4,), noise=2.0, masked=0.5, random_state=0)
    same = np.tile(np.arange(6.0), (40, 1))
    np.testing.assert_allclose(model.fit(same).reconstruct(same), same, atol=0.5)


def test_the_mean_activity_of_a_sparse_autoencoder_lands_on_its_target():
    for target in (0.05, 0.2):
        model = SparseAutoencoder(target=target, training=FAST, random_state=0).fit(OLD)
        activity = model.transform(NEW).mean(0)
        assert abs(activity.mean() - target) < 0.1 * target
    straight = np.square(NEW - OLD.mean(0)).mean()
    assert error(model) < 0.3 * straight  # while it makes the digits again
    loose = SparseAutoencoder(strength=0.0, training=FAST, random_state=0).fit(OLD)
    assert loose.transform(NEW).mean() > 2 * 0.05


def test_the_features_of_a_sparse_autoencoder_are_distinct():
    model = SparseAutoencoder(training=FAST, random_state=0).fit(OLD)
    filters = model.network_.decoder.layers[-1].weight.detach().numpy().T  # (units, pixels)
    likeness = np.abs(np.corrcoef(filters) - np.eye(len(filters)))
    assert likeness.mean() < 0.3
    assert (likeness.max(1) < 0.95).mean() > 0.9


def test_the_lasso_silences_more_units_the_stronger_it_is():
    shares = [
        (L1SparseAutoencoder(strength=strength, training=Training(epochs=20), random_state=0).fit(OLD))
        for strength in (0.0, 0.1, 1.0)
    ]
    silent = [(model.transform(NEW) == 0).mean() for model in shares]
    assert silent[0] < silent[1] < silent[2]
    assert silent[2] > 0.6
    assert error(shares[1]) < 0.3 * np.square(NEW - OLD.mean(0)).mean()


def test_a_tied_decoder_is_the_transposed_encoder_to_the_bit_and_has_half_of_the_parameters():
    tied = TiedAutoencoder(width=8, hidden=(32,), training=QUICK, random_state=0).fit(OLD)
    weights = [layer.weight.T for layer in reversed(tied.network_.layers)]
    assert all(map(torch.equal, tied.network_.decoder_weights, weights))
    untied = Autoencoder(width=8, hidden=(32,), training=QUICK, random_state=0).fit(OLD)
    assert n_parameters(tied) < 0.53 * n_parameters(untied)
    codes = torch.from_numpy(tied.transform(OLD[:5]))
    first, second = tied.network_.layers
    hidden = torch.relu(codes @ second.weight + tied.network_.offsets[0])
    rows = (hidden @ first.weight + tied.network_.offsets[1]).detach().double().numpy()
    np.testing.assert_allclose(
        tied.inverse_transform(codes.numpy()), rows * tied.scale_ + tied.centre_, rtol=1e-5, atol=1e-5
    )


def test_a_tied_autoencoder_learns_the_digits():
    recipe = Training(epochs=40, learning_rate=2e-3)
    tied = TiedAutoencoder(width=8, training=recipe, random_state=0).fit(OLD)
    pca = PCA(8).fit(OLD)
    assert error(tied) < 0.9 * np.square(NEW - pca.inverse_transform(pca.transform(NEW))).mean()


def test_codes_of_a_contractive_autoencoder_move_less():
    spread = []
    for strength in (0.0, 1.0):
        model = ContractiveAutoencoder(
            width=8, strength=strength, training=Training(epochs=8), random_state=0
        )
        codes = model.fit(OLD).transform(NEW)
        nudged = model.transform(NEW + np.random.default_rng(0).normal(0, 1, NEW.shape))
        spread.append(np.square(nudged - codes).sum(1).mean())
    assert spread[1] < 0.7 * spread[0]


@pytest.mark.parametrize(
    "estimator",
    [ConvAutoencoder(channels=()), ConvAutoencoder(channels=(0,)), ConvAutoencoder(width=0)],
    ids=["no stage", "no map", "no code"],
)
def test_settings_that_cannot_be_are_refused(estimator):
    with pytest.raises(InputError):
        estimator.fit(pictures(OLD[:9]))


def test_shapes_that_do_not_fit_are_refused_by_name():
    with pytest.raises(InputError, match="take Autoencoder"):
        ConvAutoencoder().fit(OLD)
    with pytest.raises(InputError, match="reshape"):
        TiedAutoencoder().fit(pictures(OLD))
    model = ConvAutoencoder(width=2, channels=(4,), training=QUICK).fit(pictures(OLD[:40]))
    with pytest.raises(InputError, match="pictures, as in fit"):
        model.transform(OLD)
    with pytest.raises(InputError, match="a table, as in fit"):
        Autoencoder(width=2, training=QUICK).fit(OLD).transform(pictures(OLD))
    with pytest.raises(InputError, match="2 columns"):
        model.inverse_transform(np.zeros((2, 3)))
    with pytest.raises(InputError, match="at least 2"):
        ConvAutoencoder().fit(np.zeros((1, 8, 8)))


def test_large_numbers_with_small_differences_are_told_apart():
    rows = 1.7e9 + np.arange(40.0)[:, None] * [[1.0, 2.0]]
    model = Autoencoder(width=1, hidden=(), training=Training(epochs=200, learning_rate=0.02), random_state=0)
    assert error(model.fit(rows), rows) < 5


def test_they_stand_in_pipelines_and_name_their_columns():
    frame = pd.DataFrame(OLD, columns=[f"pixel {n}" for n in range(64)])
    coder = Autoencoder(width=4, training=Training(epochs=20), random_state=0)
    pipeline = make_pipeline(coder, LogisticRegression(max_iter=500)).fit(frame, OLD_Y)
    assert pipeline.score(pd.DataFrame(NEW, columns=frame.columns), NEW_Y) > 0.6
    named = pipeline[0].set_output(transform="pandas").transform(frame.iloc[:3])
    assert named.columns.tolist() == [f"autoencoder{n}" for n in range(4)]


def test_a_loss_of_the_users_own_takes_the_place_of_the_squared_error():
    recipe = Training(epochs=3, loss=nn.L1Loss())
    for model in (Autoencoder(width=2, training=recipe, random_state=0), SparseAutoencoder(training=recipe)):
        assert np.isfinite(model.fit(OLD[:100]).record_.values("loss")).all()


def test_the_comparison_has_scikit_learns_own_numbers_for_linear_methods():
    methods = {"PCA": PCA(6), "ICA": FastICA(6, random_state=0, max_iter=1000)}
    table = compare_reductions(OLD, NEW, OLD_Y, NEW_Y, methods=methods)
    for name, method in methods.items():
        codes, new_codes = method.fit_transform(OLD), method.transform(NEW)
        expected = [
            np.square(NEW - method.inverse_transform(new_codes)).mean(),
            trustworthiness(NEW, new_codes, n_neighbors=5),
            KNeighborsClassifier(5).fit(codes, OLD_Y).score(new_codes, NEW_Y),
        ]
        np.testing.assert_allclose(table.loc[name].to_numpy(), expected, rtol=1e-6)


def test_the_comparison_takes_pictures_and_goes_without_classes():
    methods = {"PCA": PCA(3), "AE": ConvAutoencoder(width=3, channels=(4,), training=QUICK, random_state=0)}
    table = compare_reductions(pictures(OLD[:200]), pictures(NEW[:100]), methods=methods)
    assert table.columns.tolist() == ["reconstruction_error", "trustworthiness"]
    assert np.isfinite(table.to_numpy()).all()
    with pytest.raises(InputError, match="together"):
        compare_reductions(OLD, NEW, OLD_Y)
