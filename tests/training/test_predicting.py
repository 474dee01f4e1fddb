import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import Supervised, TensorSamples, Training, TruncatedBackpropagation, predict


def numbers(n_rows=130, width=3):
    return torch.randn(n_rows, width, generator=torch.Generator().manual_seed(0))


def perceptron():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2))


class Forecaster(nn.Module):
    """A recurrent network with a state for each row: (inputs, state) -> (outputs, state)."""

    def __init__(self):
        super().__init__()
        self.memory, self.out = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 1)

    def forward(self, x, state=None):
        hidden, state = self.memory(x, state)
        return self.out(hidden), state


def test_one_row_at_a_time_gives_what_64_give_also_after_training_with_other_batches():
    network, X = perceptron(), numbers()
    Training(epochs=2, batch_size=50, validation=0).run(
        network, Supervised(nn.MSELoss()), TensorSamples(X, X[:, :2])
    )
    answers = [predict(network, X, batch_size=size) for size in (1, 64, 1000)]
    for answer in answers[1:]:
        torch.testing.assert_close(answer, answers[0], atol=1e-6, rtol=0)
    with torch.no_grad():
        assert not torch.allclose(network.train()(X), answers[0], atol=1e-3)  # where batch and chance count


def test_batch_norm_uses_its_running_statistics():
    network, X = nn.BatchNorm1d(3), numbers()
    network(X + 5)
    kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    by_hand = (X - kept["running_mean"]) / (kept["running_var"] + 1e-5).sqrt()
    torch.testing.assert_close(predict(network, X, batch_size=7), by_hand)
    assert all(torch.equal(tensor, kept[name]) for name, tensor in network.state_dict().items())


def test_a_recurrent_network_trained_on_64_rows_predicts_one_row_step_by_step():
    """The state is the row's own, so that batch 1, one step at a time, continues what batch 64 began."""
    torch.manual_seed(0)
    network, waves = Forecaster(), torch.sin(numbers(128, 1)[:, None] + torch.arange(21.0)[:, None] / 2)
    objective = TruncatedBackpropagation(nn.MSELoss(), steps=5)
    Training(epochs=2, batch_size=64, learning_rate=0.01, validation=0).run(
        network, objective, TensorSamples(waves[:, :-1], waves[:, 1:])
    )
    samples = TensorSamples(waves[:, :-1], waves[:, 1:])
    whole, single = (predict(network, samples, batch_size=size, objective=objective) for size in (64, 1))
    torch.testing.assert_close(single, whole, atol=1e-6, rtol=0)
    network.eval()
    with torch.inference_mode():
        for row in (0, 77):
            state = None
            for step in range(20):
                answer, state = network(waves[row : row + 1, step : step + 1], state)
                torch.testing.assert_close(answer[0, 0], whole[row, step], atol=1e-6, rtol=0)


def test_mode_and_device_are_given_back_also_after_an_error():
    network = perceptron()
    network[1].eval()
    modes = [module.training for module in network.modules()]
    answer = predict(network, numbers(), device="cpu")
    assert not answer.requires_grad
    with pytest.raises(RuntimeError):
        predict(network, torch.zeros(4, 7))
    assert [module.training for module in network.modules()] == modes
    assert next(network.parameters()).device.type == "cpu"


def test_answers_of_several_parts_are_joined_part_by_part():
    class Parts(nn.Module):
        def forward(self, x):
            return {"first": x[:, :1], "rest": (x[:, 1:], x.sum(1))}

    X = numbers(10)
    answer = predict(Parts(), X, batch_size=3)
    assert torch.equal(answer["first"], X[:, :1])
    assert torch.equal(answer["rest"][0], X[:, 1:])
    torch.testing.assert_close(answer["rest"][1], X.sum(1))


def test_samples_and_tensors_give_the_same():
    network, X = perceptron(), numbers()
    expected = predict(network, X)
    assert torch.equal(predict(network, TensorSamples(X, torch.zeros(130))), expected)
    doubled = Supervised(nn.MSELoss(), predict=lambda outputs: 2 * outputs)
    assert torch.equal(predict(network, TensorSamples(X, torch.zeros(130)), objective=doubled), 2 * expected)


def test_an_answer_without_rows_is_refused_with_the_remedy():
    with pytest.raises(InputError, match=r"each of the 4 rows .* got \(1, 4, 8\); give an objective"):
        predict(Forecaster().memory, torch.zeros(4, 5, 1))
    with pytest.raises(InputError, match="0 rows"):
        predict(nn.Identity(), torch.zeros(0, 3))


def test_estimators_predict_a_row_alike_alone_and_among_others():
    X = numbers(300, 4).numpy()
    model = MLPClassifier(training=Training(epochs=2), random_state=0).fit(X, X[:, 0] > 0)
    together = model.predict_proba(X)
    for row in (0, 150, 299):
        assert abs(model.predict_proba(X[row : row + 1]) - together[row]).max() < 1e-6
