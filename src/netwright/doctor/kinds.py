"""The vocabulary: what can be wrong with a training, which of the 37 reasons it is, and what it causes."""

from dataclasses import dataclass, replace

from netwright.doctor.sources import IVANOV, SOURCES


@dataclass(frozen=True)
class Kind:
    """One word of the vocabulary.

    Args:
        about: what it means, in one clause.
        reasons: numbers of the 37 reasons that it answers.
        source: where it is described.
        causes: kinds that follow from it, and are not reported beside it.

    Example:
        >>> KINDS["nan_input"].reasons
        (1, 37)
    """

    about: str
    reasons: tuple[int, ...]
    source: str = IVANOV
    causes: tuple[str, ...] = ()


_POOR = (
    "underfit",
    "not_learning",
    "not_better_than_constant",
    "collapsed_output",
    "too_few_epochs",
    "lr_too_low",
)
_BLOWN = ("nan_loss", "diverged", "exploding_gradient", "dead_relu", "saturated", "oscillation", *_POOR)
_STARVED = ("vanishing_gradient", "dead_relu", "frozen_params", "saturated", *_POOR)
_MISLED = ("overfit", "label_noise", "bad_initial_loss", "lr_too_high", *_BLOWN)

_KINDS: dict[str, Kind] = {
    "nan_input": Kind(
        "inputs or targets hold NaN or infinity",
        (1, 37),
        causes=("outliers", "unscaled_input", "lr_too_high", "detached_graph", *_BLOWN),
    ),
    "constant_input": Kind(
        "inputs hardly vary",
        (1,),
        causes=("input_disconnected", "conflicting_labels", "random_labels", *_STARVED),
    ),
    "unscaled_input": Kind(
        "inputs have scales that the network cannot learn from",
        (12, 14),
        causes=("bad_init", "bad_initial_loss", "lr_too_high", *_BLOWN, *_STARVED),
    ),
    "double_scaling": Kind(
        "inputs were scaled twice, or by integers",
        (12,),
        causes=(
            "unscaled_input",
            "constant_input",
            "conflicting_labels",
            "train_val_shift",
            "lr_too_low",
            *_STARVED,
        ),
    ),
    "scaler_leakage": Kind("the scaler was fitted on held-out rows as well", (15,)),
    "train_val_leakage": Kind("held-out rows are among the training rows", (15,), causes=("overfit",)),
    "target_leakage": Kind("the inputs tell the target", (1, 19)),
    "train_val_shift": Kind(
        "held-out rows were prepared in another way, or come from elsewhere",
        (15,),
        causes=("order_blind", "overfit", "underfit", "not_better_than_constant", "label_noise"),
    ),
    "label_misaligned": Kind(
        "targets do not belong to their rows",
        (3, 5),
        causes=("random_labels", "label_noise", "conflicting_labels", "overfit", "train_val_shift", *_POOR),
    ),
    "random_labels": Kind(
        "targets have nothing to do with the inputs",
        (5,),
        causes=("label_noise", "overfit", "conflicting_labels", *_POOR),
    ),
    "label_noise": Kind("many targets are wrong", (6,), causes=("overfit",)),
    "conflicting_labels": Kind(
        "equal rows have different targets", (5, 6), causes=("label_noise", "overfit", "underfit")
    ),
    "imbalance_ignored": Kind("a rare class is never found", (8,), causes=("collapsed_output",)),
    "single_class_batches": Kind(
        "batches hold one class each", (10,), causes=("unshuffled", "oscillation", "collapsed_output", *_POOR)
    ),
    "unshuffled": Kind("rows come in one order, sorted", (7,), causes=("oscillation", *_POOR)),
    "repeated_batch": Kind("the same batch comes again and again", (3,), causes=("overfit", *_POOR)),
    "destructive_augmentation": Kind(
        "augmentation destroys what the target is about",
        (13,),
        causes=("conflicting_labels", "label_noise", "train_val_shift", *_POOR),
    ),
    "too_few_samples": Kind("there are too few rows", (9,), causes=("overfit",)),
    "bad_label_values": Kind(
        "labels are outside of what the loss or the network can express", (1, 19), causes=("nan_loss", *_POOR)
    ),
    "target_scale": Kind(
        "targets are of a scale far from the network's answers",
        (12,),
        causes=("bad_initial_loss", "output_range", "lr_too_low", *_BLOWN),
    ),
    "padding_dominates": Kind("most of the input is padding", (1,), causes=_POOR),
    "outliers": Kind(
        "a few values carry most of the variance", (1, 6), causes=("unscaled_input", "target_scale", *_BLOWN)
    ),
    "softmax_before_ce": Kind(
        "cross-entropy is given probabilities in place of scores",
        (18, 19),
        causes=("bad_initial_loss", *_STARVED),
    ),
    "double_sigmoid": Kind(
        "the loss applies a sigmoid to what is a sigmoid already",
        (19,),
        causes=("bad_initial_loss", "collapsed_output", *_STARVED),
    ),
    "missing_log_softmax": Kind(
        "NLL is given something else than log-probabilities", (19,), causes=("bad_initial_loss", *_BLOWN)
    ),
    "wrong_loss_for_task": Kind(
        "the loss does not fit the task", (18,), causes=("output_range", "wrong_output_units", *_POOR)
    ),
    "target_shape_broadcast": Kind(
        "prediction and target are stretched to each other",
        (19,),
        causes=("collapsed_output", "bad_initial_loss", "wrong_metric", *_POOR),
    ),
    "wrong_target_dtype": Kind(
        "the target has a type that the loss takes for something else", (18, 19), causes=_POOR
    ),
    "loss_sign": Kind("the loss is made larger", (18,), causes=_BLOWN),
    "loss_reduction": Kind("the loss is a sum over rows", (18,), causes=("lr_too_high", *_BLOWN)),
    "loss_weights": Kind(
        "the weights of the loss are upside down",
        (20,),
        causes=("imbalance_ignored", "collapsed_output", *_POOR),
    ),
    "bad_initial_loss": Kind(
        "the first loss is far above that of knowing nothing", (17,), causes=("lr_too_high",)
    ),
    "loss_ignores_model": Kind("the loss does not depend on what the network says", (2, 18), causes=_STARVED),
    "wrong_output_units": Kind("the network has not as many outputs as the task needs", (25,), causes=_POOR),
    "output_range": Kind(
        "targets are out of the network's reach", (18,), causes=("dead_relu", "saturated", *_POOR)
    ),
    "softmax_wrong_dim": Kind(
        "softmax runs over the rows", (19,), causes=("batch_mixing", "softmax_before_ce", *_STARVED)
    ),
    "linear_network": Kind(
        "layers without activations are one linear map", (24,), causes=("capacity_too_small", *_POOR)
    ),
    "bad_init": Kind(
        "the first weights are too small or too large", (28,), causes=("bad_initial_loss", *_BLOWN, *_STARVED)
    ),
    "zero_init": Kind(
        "units begin alike and stay alike",
        (28,),
        causes=("bad_init", "capacity_too_small", "bottleneck", "input_disconnected", *_STARVED),
    ),
    "batch_mixing": Kind(
        "a row's answer depends on the other rows of its batch", (25,), causes=("order_blind", *_POOR)
    ),
    "input_disconnected": Kind(
        "the answer does not depend on the input", (4,), causes=("dead_relu", *_STARVED)
    ),
    "detached_graph": Kind(
        "parts of the network are cut off from the loss",
        (4, 23, 26),
        causes=(
            "step_order",
            "input_disconnected",
            "linear_network",
            "lr_too_high",
            "frozen_params",
            *_STARVED,
        ),
    ),
    "capacity_too_small": Kind("the network is too small for the task", (24, 27), causes=_POOR),
    "bottleneck": Kind(
        "a layer is too narrow", (24, 25, 27), causes=("capacity_too_small", "collapsed_output", *_POOR)
    ),
    "order_blind": Kind("the answer does not depend on the order of the steps", (25,), causes=_POOR),
    "dropout_too_high": Kind("dropout hides too much", (30,), causes=_POOR),
    "batchnorm_misuse": Kind(
        "batch normalisation has no use of its statistics",
        (32,),
        causes=("train_mode_eval", "overfit", *_POOR),
    ),
    "frozen_params": Kind("parameters stay as they are", (23,), causes=_POOR),
    "params_not_in_optimizer": Kind(
        "parameters are unknown to the optimizer", (23,), causes=("frozen_params", *_POOR)
    ),
    "missing_zero_grad": Kind("gradients of all steps add up", (22, 29), causes=_BLOWN),
    "step_order": Kind(
        "forward, backward and step do not follow each other",
        (22,),
        causes=("frozen_params", "diverged", *_STARVED),
    ),
    "eval_mode_training": Kind("the network learns in evaluation mode", (32,), causes=("overfit", *_BLOWN)),
    "train_mode_eval": Kind(
        "the network is evaluated in training mode",
        (32,),
        causes=("batchnorm_misuse", "batch_mixing", *_POOR),
    ),
    "val_used_for_training": Kind("steps are taken on held-out rows", (15,), causes=("train_val_leakage",)),
    "lr_too_high": Kind(
        "the learning rate is too high", (36,), causes=(*_BLOWN, "vanishing_gradient", "too_few_epochs")
    ),
    "lr_too_low": Kind(
        "the learning rate is too low", (36,), causes=tuple(kind for kind in _POOR if kind != "lr_too_low")
    ),
    "lr_schedule": Kind("the learning rate falls too early", (36,), causes=("lr_too_low", *_POOR)),
    "weight_decay_too_high": Kind(
        "weight decay draws the weights to zero", (30,), causes=("vanishing_gradient", *_POOR)
    ),
    "batch_too_large": Kind(
        "batches are so large that there are few steps", (11,), causes=("lr_too_low", *_POOR)
    ),
    "batch_too_small": Kind(
        "batches are too small for what is computed over them",
        (11,),
        causes=("batchnorm_misuse", "oscillation", *_POOR),
    ),
    "too_few_epochs": Kind(
        "training ends while the loss still falls",
        (31,),
        causes=("underfit", "not_better_than_constant", "not_learning"),
    ),
    "clip_too_small": Kind("gradients are cut to almost nothing", (35,), causes=("lr_too_low", *_POOR)),
    "bad_optimizer_setting": Kind(
        "the optimizer's settings hold it back", (34,), causes=("lr_too_low", *_BLOWN)
    ),
    "nan_loss": Kind(
        "the loss is no number",
        (37,),
        causes=("diverged", "not_learning", "not_better_than_constant", "underfit", "collapsed_output"),
    ),
    "diverged": Kind(
        "the loss grows",
        (36,),
        causes=("exploding_gradient", "dead_relu", "saturated", "oscillation", *_POOR),
    ),
    "vanishing_gradient": Kind("gradients do not reach the first layers", (35,), causes=_POOR),
    "exploding_gradient": Kind("gradients grow out of bounds", (35,), causes=("oscillation", *_POOR)),
    "dead_relu": Kind(
        "units are silent for every row",
        (35,),
        causes=tuple(kind for kind in _POOR if kind != "collapsed_output"),
    ),
    "saturated": Kind(
        "units are at their bounds for every row", (35,), causes=("vanishing_gradient", *_POOR)
    ),
    "oscillation": Kind("the loss goes up and down", (33, 36), causes=_POOR),
    "not_learning": Kind(
        "the loss stays where knowing nothing would be",
        (16, 21),
        causes=("underfit", "not_better_than_constant", "collapsed_output"),
    ),
    "collapsed_output": Kind(
        "the answer is the same for every row",
        (21, 33),
        causes=("underfit", "not_better_than_constant", "not_learning"),
    ),
    "underfit": Kind(
        "even the training rows are not learned", (24, 30, 31), causes=("not_better_than_constant",)
    ),
    "overfit": Kind("the training rows are learned by heart", (9, 30)),
    "not_better_than_constant": Kind("a constant would do as well", (17, 21), causes=("underfit",)),
    "wrong_metric": Kind("what is reported is not what it is called", (21,)),
}

KINDS: dict[str, Kind] = {
    name: replace(kind, source=SOURCES.get(name, IVANOV)) for name, kind in _KINDS.items()
}
"""Every kind by its name."""
