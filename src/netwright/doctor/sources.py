"""Where each kind of fault is described: its own paper, or else the list of 37 reasons."""

IVANOV = 'Ivanov (2017), "37 Reasons why your Neural Network is not working"'

_BATCH_NORM = (
    'Ioffe and Szegedy (2015), "Batch Normalization: Accelerating Deep Network Training by Reducing Internal '
    'Covariate Shift", arXiv:1502.03167'
)
_BENGIO = (
    'Bengio (2012), "Practical Recommendations for Gradient-Based Training of Deep Architectures", '
    "arXiv:1206.5533"
)
_EFFICIENT = 'LeCun, Bottou, Orr and Müller (1998), "Efficient BackProp", doi:10.1007/3-540-49430-8_2'
_GLOROT = (
    'Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", '
    "https://proceedings.mlr.press/v9/glorot10a.html"
)
_LEAKAGE = (
    'Kaufman, Rosset, Perlich and Stitelman (2012), "Leakage in Data Mining: Formulation, Detection, and '
    'Avoidance", doi:10.1145/2382577.2382579'
)
_NORTHCUTT = (
    'Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", '
    "arXiv:1911.00068"
)
_PASCANU = (
    'Pascanu, Mikolov and Bengio (2012), "On the difficulty of training Recurrent Neural Networks", '
    "arXiv:1211.5063"
)
_SILENT = (
    'Jiang, Zhou, Xu, Liu, Xu and Huang (2025), "Training with Confidence: Catching Silent Errors in Deep '
    'Learning Training with Automated Proactive Checks", arXiv:2506.14813'
)

SOURCES: dict[str, str] = {
    "bad_init": _GLOROT,
    "batch_too_large": (
        'Keskar, Mudigere, Nocedal, Smelyanskiy and Tang (2017), "On Large-Batch Training for Deep Learning: '
        'Generalization Gap and Sharp Minima", arXiv:1609.04836'
    ),
    "batch_too_small": 'Wu and He (2018), "Group Normalization", arXiv:1803.08494',
    "batchnorm_misuse": _BATCH_NORM,
    "clip_too_small": _PASCANU,
    "dead_relu": (
        'Lu, Shin, Su and Karniadakis (2020), "Dying ReLU and Initialization: Theory and Numerical '
        'Examples", arXiv:1903.06733'
    ),
    "dropout_too_high": (
        'Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", '
        "JMLR 15"
    ),
    "exploding_gradient": _PASCANU,
    "imbalance_ignored": (
        'Buda, Maki and Mazurowski (2018), "A systematic study of the class imbalance problem in '
        'convolutional neural networks", arXiv:1710.05381'
    ),
    "label_noise": _NORTHCUTT,
    "lr_too_high": _BENGIO,
    "lr_too_low": _BENGIO,
    "order_blind": 'Vaswani et al. (2017), "Attention Is All You Need", arXiv:1706.03762',
    "overfit": 'Prechelt (1998), "Early Stopping - But When?", doi:10.1007/3-540-49430-8_3',
    "saturated": _GLOROT,
    "scaler_leakage": _LEAKAGE,
    "step_order": _SILENT,
    "target_leakage": _LEAKAGE,
    "too_few_epochs": (
        'Hoffer, Hubara and Soudry (2017), "Train longer, generalize better: closing the generalization gap '
        'in large batch training of neural networks", arXiv:1705.08741'
    ),
    "train_mode_eval": _BATCH_NORM,
    "train_val_leakage": _LEAKAGE,
    "train_val_shift": (
        'Rabanser, Günnemann and Lipton (2019), "Failing Loudly: An Empirical Study of Methods for Detecting '
        'Dataset Shift", arXiv:1810.11953'
    ),
    "unscaled_input": _EFFICIENT,
    "unshuffled": _BENGIO,
    "vanishing_gradient": (
        'Bengio, Simard and Frasconi (1994), "Learning long-term dependencies with gradient descent is '
        'difficult", doi:10.1109/72.279181'
    ),
    "weight_decay_too_high": (
        'Krogh and Hertz (1991), "A Simple Weight Decay Can Improve Generalization", '
        "https://papers.nips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html"
    ),
}
"""Of kinds that have a source of their own; the others are reasons of Ivanov's list."""
