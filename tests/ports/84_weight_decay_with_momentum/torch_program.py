import torch
from torch import nn


def build():
    net = nn.Sequential(nn.Linear(11, 20), nn.ReLU(), nn.Linear(20, 3))
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.02)
