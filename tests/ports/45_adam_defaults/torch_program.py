import torch
from torch import nn


def build():
    model = nn.Sequential(
        nn.Linear(10, 16), nn.ReLU(),
        nn.Linear(16, 16), nn.ReLU(),
        nn.Linear(16, 1),
    )
    return model, nn.MSELoss(), torch.optim.Adam(model.parameters())
