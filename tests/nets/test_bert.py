import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import BERT

SIZES = {"vocabulary": 50, "width": 16, "depth": 3, "n_heads": 4, "hidden": 24, "n_positions": 12}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def theirs_and_ours(**config):
    settings = BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=24,
        max_position_embeddings=12,
        **config,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = BertModel(settings).eval()
        for parameter in theirs.parameters():  # what begins as 0 or 1 must count, too
            parameter.data.add_(0.3 * torch.randn_like(parameter))
    ours = BERT(**SIZES).eval()
    ours.load_weights(theirs.state_dict())
    return theirs, ours


def texts():
    tokens = torch.randint(0, 50, (3, 7), generator=seeded())
    segments = torch.tensor([[0, 0, 0, 0, 1, 1, 1]] * 3)
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3, [True] * 2 + [False] * 5])
    return tokens, segments, mask


def test_bert_keeps_the_layer_contract():
    tokens, segments, mask = texts()
    check_layer(BERT(**SIZES), tokens, segments, mask, shape=(3, 7, 16))
    check_layer(BERT(**SIZES, pooler=False), tokens, shape=(3, 7, 16), maps=False)  # there is a None


def test_the_states_of_all_layers_and_the_pooled_one_are_those_of_transformers():
    theirs, ours = theirs_and_ours()
    tokens, segments, mask = texts()
    found = []
    for layer in (ours.embeddings, *ours.encoder["layer"]):
        layer.register_forward_hook(lambda module, given, answer: found.append(answer))
    with torch.no_grad():
        expected = theirs(tokens, mask.long(), segments, output_hidden_states=True)
        states, pooled = ours(tokens, segments, mask)
    assert len(found) == len(expected.hidden_states) == 4
    for one, other in zip(found, expected.hidden_states, strict=True):
        torch.testing.assert_close(one[mask], other[mask], atol=1e-5, rtol=0)
    torch.testing.assert_close(states[mask], expected.last_hidden_state[mask], atol=1e-5, rtol=0)
    torch.testing.assert_close(pooled, expected.pooler_output, atol=1e-5, rtol=0)


def test_its_parameters_have_the_names_and_shapes_of_transformers():
    theirs, ours = theirs_and_ours()
    named = {name: value.shape for name, value in theirs.state_dict().items()}
    assert named == {name: value.shape for name, value in ours.state_dict().items()}
    theirs.load_state_dict(ours.state_dict())


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_without_padding_texts_have_the_states_that_they_have_padded(order):
    _, ours = theirs_and_ours()
    tokens, _, mask = texts()
    tokens[2, :4] = tokens[1, :4]
    mask[2, :4] = True  # two of one length
    rows = [tokens[row][mask[row]] for row in order]
    with torch.no_grad():
        states, _ = ours(tokens, None, mask)
        found = ours.unpadded(torch.cat(rows), [len(row) for row in rows])
    expected = torch.cat([states[row][mask[row]] for row in order])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_what_stands_in_padding_has_no_influence():
    _, ours = theirs_and_ours()
    tokens, segments, mask = texts()
    other = torch.where(mask, tokens, 49 - tokens)
    torch.testing.assert_close(ours(tokens, segments, mask)[0][mask], ours(other, segments, mask)[0][mask])


def test_weights_of_a_model_with_a_head_load_and_others_are_named():
    _, ours = theirs_and_ours()
    weights = {f"bert.{name}": value for name, value in ours.state_dict().items()}
    weights["cls.predictions.bias"] = torch.zeros(50)
    again = BERT(**SIZES)
    again.load_weights(weights)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), again.parameters(), strict=True))
    with pytest.raises(InputError, match=r"word_embeddings\.weight of shape"):
        BERT(**{**SIZES, "vocabulary": 51}).load_weights(weights)
    del weights["bert.pooler.dense.weight"]
    with pytest.raises(InputError, match=r"got no pooler\.dense\.weight"):
        again.load_weights(weights)


def test_a_new_token_is_the_mean_of_its_pieces_and_old_ones_keep_their_bits():
    _, ours = theirs_and_ours()
    old = ours.embeddings.word_embeddings.weight.detach().clone()
    ours.extend_vocabulary([[3, 5], [7]])
    new = ours.embeddings.word_embeddings.weight
    assert new.shape == (52, 16)
    assert new.requires_grad
    assert torch.equal(new[:50], old)
    torch.testing.assert_close(new[50:], torch.stack([(old[3] + old[5]) / 2, old[7]]))


def test_bad_sizes_are_named():
    with pytest.raises(InputError, match="multiple of n_heads"):
        BERT(width=10, n_heads=4)
    with pytest.raises(InputError, match="12 tokens at most, got 13"):
        BERT(**SIZES)(torch.zeros(1, 13, dtype=torch.long))


def test_it_begins_with_the_papers_small_weights():
    weights = [module.weight for module in BERT(**SIZES).modules() if isinstance(module, nn.Linear)]
    assert abs(torch.cat([one.flatten() for one in weights]).std().item() - 0.02) < 0.002
