import torch
from torch import nn


def build():
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    return net, nn.CrossEntropyLoss(), torch.optim.AdamW(net.parameters(), lr=1e-3)
