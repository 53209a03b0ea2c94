"""torchvision's architectures of the same names, trained on the same ten classes."""
import torch
from torch import nn
from torchvision import models


def trained(model):
    """Returns what a program consists of: module, loss and optimizer."""
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.001)


def mobilenet_v2():
    return trained(models.mobilenet_v2(num_classes=10))


def resnet50():
    return trained(models.resnet50(num_classes=10))


def vgg16():
    return trained(models.vgg16(num_classes=10))


def efficientnet_b0():
    return trained(models.efficientnet_b0(num_classes=10))
