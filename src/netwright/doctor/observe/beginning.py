"""Copies of networks as they were when they were first learned from."""

from netwright.doctor.observe.copying import copy_networks
from netwright.doctor.observe.facts import Facts
from netwright.doctor.observe.tape import Tape


def keep_beginning(facts: Facts, tape: Tape) -> None:
    """Copy the networks and loose weights of a tape that have no copy yet.

    A network that cannot be copied is not tried on later.

    Args:
        facts: where copies are kept.
        tape: of a step that is about to be taken.
    """
    modules = [one for one in tape.modules if id(one) not in facts.initial]
    weights = [one for one in tape.weights if id(one) not in facts.initial_weights]
    if not modules and not weights:
        return
    try:
        copies = copy_networks(modules, weights)
    except Exception:  # whatever a network's own __deepcopy__ raises
        return
    for module in modules:
        facts.initial[id(module)] = (module, copies.modules[id(module)])
    for weight in weights:
        facts.initial_weights[id(weight)] = (weight, copies.weights[id(weight)])
