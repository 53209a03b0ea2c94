import torch
from torch import nn


def build():
    model = nn.Sequential(
        nn.Linear(10, 12),
        nn.BatchNorm1d(12, eps=1e-5, momentum=0.1, track_running_stats=False),  # style transfer code has it like this
        nn.ReLU(),
        nn.Linear(12, 1),
    )
    return model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.05)
