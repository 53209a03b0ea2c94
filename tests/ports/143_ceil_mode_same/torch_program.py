import torch
from torch import nn


def build():
    net = nn.Sequential()
    net.add_module("conv_1", nn.Conv2d(2, 4, 3, padding=1))
    net.add_module("pool_1", nn.MaxPool2d(2, ceil_mode=True))
    net.add_module("conv_2", nn.Conv2d(4, 4, 3, padding=1))
    net.add_module("tanh", nn.Tanh())
    net.add_module("pool_2", nn.AvgPool2d(2, ceil_mode=True))
    net.add_module("gap", nn.AdaptiveAvgPool2d((1, 1)))
    net.add_module("flat", nn.Flatten())
    net.add_module("out", nn.Linear(4, 3))
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)
