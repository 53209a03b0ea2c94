"""The same two networks in PyTorch."""
import torch
from torch import nn


def trained(*hidden):
    model = nn.Sequential(*hidden)
    return model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.001)


def deep():
    sizes = [8] + [16] * 200
    hidden = [part for before, after in zip(sizes, sizes[1:]) for part in (nn.Linear(before, after), nn.Tanh())]
    return trained(*hidden, nn.Linear(16, 1))


def wide():
    return trained(nn.Linear(8, 7000), nn.Tanh(), nn.Linear(7000, 7000), nn.Tanh(), nn.Linear(7000, 1))
