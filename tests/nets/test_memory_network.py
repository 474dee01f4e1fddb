import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import MemoryNetwork

PEOPLE, ROOMS, THINGS, WHERE = range(1, 5), range(5, 11), range(11, 15), 15
VERBS = range(16, 20)
N_WORDS = 20


def seeded(seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MemoryNetwork(
            **({"vocabulary": N_WORDS, "width": 20, "n_hops": 1, "max_facts": 10} | settings)
        )


def stories(n_rows, draw, n_facts=10):
    """As the first task of bAbI: people go from room to room, and it is asked where one of them is."""
    who = torch.randint(PEOPLE.start, PEOPLE.stop, (n_rows, n_facts), generator=draw)
    room = torch.randint(ROOMS.start, ROOMS.stop, (n_rows, n_facts), generator=draw)
    verb = torch.randint(VERBS.start, VERBS.stop, (n_rows, n_facts), generator=draw)
    facts = torch.stack([who, verb, room], 2)
    told = torch.randint(2, n_facts + 1, (n_rows, 1), generator=draw)
    facts[torch.arange(n_facts) >= told] = 0
    asked = who.gather(1, (torch.rand(n_rows, 1, generator=draw) * told).long())
    last = torch.where(facts[..., 0] == asked, torch.arange(n_facts), -1).argmax(1)
    question = torch.cat([torch.full_like(asked, WHERE), asked], 1)
    return facts, question, room[torch.arange(n_rows), last]


def chains(n_rows, draw, asked="people"):
    """Each of four people has one thing, and each thing is in one room; where is a person, or a thing?"""
    thing = torch.rand(n_rows, 4, generator=draw).argsort(1) + THINGS.start
    room = torch.rand(n_rows, 6, generator=draw).argsort(1)[:, :4] + ROOMS.start
    who = torch.arange(PEOPLE.start, PEOPLE.stop).expand(n_rows, 4)
    holds = torch.stack([who, torch.full_like(who, VERBS[0]), thing], 2)
    stands = torch.stack([thing, torch.full_like(who, VERBS[1]), room], 2)
    order = torch.rand(n_rows, 8, generator=draw).argsort(1)
    facts = torch.cat([holds, stands], 1).gather(1, order[..., None].expand(-1, -1, 3))
    place = torch.randint(0, 4, (n_rows, 1), generator=draw)
    of_person = torch.rand(n_rows, 1, generator=draw) < {"people": 1.0, "both": 0.5, "things": 0.0}[asked]
    word = torch.where(of_person, who.gather(1, place), thing.gather(1, place))
    question = torch.cat([torch.full_like(word, WHERE), word], 1)
    return facts, question, room.gather(1, place)[:, 0]


def train(network, tell, n_steps, linear=0, rate=1e-2):
    draw = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for step in range(n_steps):
        facts, question, answer = tell(64, draw)
        loss = F.cross_entropy(network(facts, question, step < linear), answer)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()


def accuracy(network, tell):
    facts, question, answer = tell(1000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        return float((network(facts, question).argmax(1) == answer).float().mean())


def test_a_memory_network_keeps_the_layer_contract():
    draw = torch.Generator().manual_seed(0)
    facts, question, _ = stories(3, draw)
    check_layer(seeded(n_hops=2, width=6), facts, question, shape=(3, N_WORDS))


def test_two_hops_are_the_papers_formulas_sentence_by_sentence():
    network = seeded(n_hops=2, width=4).double()
    facts, question = torch.tensor([[[1, 16, 5], [2, 17, 0]]]), torch.tensor([[15, 1]])
    tables, ages = [t.weight for t in network.words], [t.weight for t in network.ages]

    def encode(sentence, table):
        total, n_words, width = 0, len(sentence), table.shape[1]
        for j, word in enumerate(sentence, 1):
            across = torch.arange(1, width + 1) / width
            total = total + ((1 - j / n_words) - across * (1 - 2 * j / n_words)) * table[word]
        return total

    u = encode([15, 1], tables[0])
    sentences = [[1, 16, 5], [2, 17]]
    for hop in range(2):
        m = [encode(one, tables[hop]) + ages[hop][1 - i] for i, one in enumerate(sentences)]
        c = [encode(one, tables[hop + 1]) + ages[hop + 1][1 - i] for i, one in enumerate(sentences)]
        p = torch.stack([u @ one for one in m]).softmax(0)
        torch.testing.assert_close(network.attention(facts, question)[0, hop], p.detach())
        u = u + p[0] * c[0] + p[1] * c[1]
    torch.testing.assert_close(network(facts, question)[0], tables[2] @ u)


def test_facts_without_words_have_no_influence():
    network = seeded(n_hops=2, width=6)
    facts, question, _ = stories(4, torch.Generator().manual_seed(0), n_facts=5)
    longer = F.pad(facts, (0, 1, 0, 3))
    torch.testing.assert_close(network(longer, question), network(facts, question))
    looks = network.attention(longer, question)
    torch.testing.assert_close(looks.sum(2), torch.ones(4, 2))
    assert (looks[:, :, 5:] == 0).all()


def test_too_many_facts_are_refused():
    with pytest.raises(InputError, match="at most 10"):
        seeded()(torch.ones(1, 11, 2, dtype=torch.int64), torch.ones(1, 2, dtype=torch.int64))


def test_where_somebody_is_after_a_story_is_answered_with_over_95_per_cent():
    network = seeded()
    train(network, stories, 500)
    assert accuracy(network, stories) > 0.95


def test_facts_that_hang_together_two_by_two_need_two_hops():
    def both(n_rows, draw):
        return chains(n_rows, draw, "both")

    def things(n_rows, draw):
        return chains(n_rows, draw, "things")

    networks = {n_hops: seeded(n_hops=n_hops, width=32) for n_hops in (1, 2)}
    for network in networks.values():
        train(network, both, 700, linear=300, rate=2e-2)
    assert accuracy(networks[1], things) > 0.95  # one fact is enough for these
    assert accuracy(networks[1], chains) < 0.6
    assert accuracy(networks[2], chains) > 0.95
    facts, question, _ = chains(500, torch.Generator().manual_seed(2))
    last = networks[2].attention(facts, question)[:, 1].argmax(1)
    held = torch.where(facts[..., 0] == question[:, 1:], facts[..., 2], 0).amax(1)
    assert (facts[torch.arange(500), last, 0] == held).float().mean() > 0.95  # it ends at where that thing is
