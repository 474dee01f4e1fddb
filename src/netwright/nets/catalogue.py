"""The published networks whose weights can be loaded, by torchvision's names."""

from pathlib import Path

from torch import nn

from netwright.core.errors import ModelError
from netwright.nets.alexnet import AlexNet
from netwright.nets.densenet import DenseNet
from netwright.nets.googlenet import GoogLeNet
from netwright.nets.inception_v3 import InceptionV3
from netwright.nets.pretrained import Pretrained
from netwright.nets.resnet import ResNet
from netwright.nets.vgg import VGG

CATALOGUE = (
    Pretrained("alexnet", AlexNet.published, ("alexnet-owt-7be5be79.pth",)),
    Pretrained("densenet121", lambda: DenseNet.published(121), ("densenet121-a639ec97.pth",)),
    Pretrained("densenet161", lambda: DenseNet.published(161), ("densenet161-8d451a50.pth",)),
    Pretrained("densenet169", lambda: DenseNet.published(169), ("densenet169-b2777c0a.pth",)),
    Pretrained("densenet201", lambda: DenseNet.published(201), ("densenet201-c1103571.pth",)),
    Pretrained("googlenet", GoogLeNet.published, ("googlenet-1378be20.pth",)),
    Pretrained("inception_v3", InceptionV3.published, ("inception_v3_google-0cc3c7bd.pth",)),
    Pretrained("resnet18", lambda: ResNet.published(18), ("resnet18-f37072fd.pth",)),
    Pretrained("resnet34", lambda: ResNet.published(34), ("resnet34-b627a593.pth",)),
    Pretrained("resnet50", lambda: ResNet.published(50), ("resnet50-0676ba61.pth", "resnet50-11ad3fa6.pth")),
    Pretrained(
        "resnet101", lambda: ResNet.published(101), ("resnet101-63fe2227.pth", "resnet101-cd907fc2.pth")
    ),
    Pretrained(
        "resnet152", lambda: ResNet.published(152), ("resnet152-394f9c45.pth", "resnet152-f82ba261.pth")
    ),
    Pretrained(
        "resnext50_32x4d",
        lambda: ResNet.published(50, groups=32, group_width=4),
        ("resnext50_32x4d-7cdf4587.pth", "resnext50_32x4d-1a0047aa.pth"),
    ),
    Pretrained(
        "resnext101_32x8d",
        lambda: ResNet.published(101, groups=32, group_width=8),
        ("resnext101_32x8d-8ba56ff5.pth", "resnext101_32x8d-110c445d.pth"),
    ),
    Pretrained(
        "resnext101_64x4d",
        lambda: ResNet.published(101, groups=64, group_width=4),
        ("resnext101_64x4d-173b62eb.pth",),
    ),
    Pretrained("vgg11", lambda: VGG.published(11), ("vgg11-8a719046.pth",)),
    Pretrained("vgg11_bn", lambda: VGG.published(11, norm=nn.BatchNorm2d), ("vgg11_bn-6002323d.pth",)),
    Pretrained("vgg13", lambda: VGG.published(13), ("vgg13-19584684.pth",)),
    Pretrained("vgg13_bn", lambda: VGG.published(13, norm=nn.BatchNorm2d), ("vgg13_bn-abd245e5.pth",)),
    Pretrained("vgg16", lambda: VGG.published(16), ("vgg16-397923af.pth",)),
    Pretrained("vgg16_bn", lambda: VGG.published(16, norm=nn.BatchNorm2d), ("vgg16_bn-6c64b313.pth",)),
    Pretrained("vgg19", lambda: VGG.published(19), ("vgg19-dcbb9e9d.pth",)),
    Pretrained("vgg19_bn", lambda: VGG.published(19, norm=nn.BatchNorm2d), ("vgg19_bn-c79401a0.pth",)),
    Pretrained(
        "wide_resnet50_2",
        lambda: ResNet.published(50, group_width=128),
        ("wide_resnet50_2-95faca4d.pth", "wide_resnet50_2-9ba9bcbe.pth"),
    ),
    Pretrained(
        "wide_resnet101_2",
        lambda: ResNet.published(101, group_width=128),
        ("wide_resnet101_2-32ee1156.pth", "wide_resnet101_2-d733dc28.pth"),
    ),
)
"""All published networks that can be built here."""


def find_pretrained(name: str) -> Pretrained:
    """Return the published architecture of a name, or of the name of a file with its weights.

    Args:
        name: torchvision's, as "resnet18", or a file's, as "resnet18-f37072fd.pth", as long as the name of
            the architecture stands before the first hyphen.

    Raises:
        ModelError: when nothing of that name is in the catalogue.

    Example:
        >>> find_pretrained("resnet50").files
        ('resnet50-0676ba61.pth', 'resnet50-11ad3fa6.pth')
        >>> find_pretrained("vgg16-397923af.pth").name
        'vgg16'

    Source:
        BVLC, "Caffe Model Zoo", https://caffe.berkeleyvision.org/model_zoo.html; names and files:
        https://docs.pytorch.org/vision/stable/models.html.
    """
    wanted = name.partition("-")[0].partition(".")[0]
    for entry in CATALOGUE:
        if wanted in (entry.name, *(file.partition("-")[0] for file in entry.files)):
            return entry
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise ModelError("name must begin with a network of the catalogue", repr(name), f"choose from: {known}")


def load_pretrained(file: str | Path) -> nn.Module:
    """Build the published network that a file of weights is named after, with these weights.

    Use it to predict, or to go on from, what others have trained on photographs: the network takes float32
    pictures, (batch, 3, height, width), of values from 0 to 1 standardised by the means (0.485, 0.456, 0.406)
    and deviations (0.229, 0.224, 0.225), or 0.5 and 0.5 for GoogLeNet and Inception v3, and gives a number
    for each of 1,000 classes. Nothing is ever downloaded: `find_pretrained(name).files` says what torchvision
    calls the file.

    Args:
        file: .pth, .pt or .safetensors, under the name that torchvision gives it, or any that begins with the
            architecture's and goes on with a hyphen. Another name: `find_pretrained("resnet18").load(file)`.

    Raises:
        ModelError: when the name is not in the catalogue, or the file cannot be read or does not fit.

    Example:
        >>> load_pretrained("nowhere/resnet18-f37072fd.pth")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: weights must be a file, got nowhere/resnet18-f37072fd.pth, ...

    Source:
        BVLC, "Caffe Model Zoo", https://caffe.berkeleyvision.org/model_zoo.html; names and files:
        https://docs.pytorch.org/vision/stable/models.html.
    """
    return find_pretrained(Path(file).name).load(file)
