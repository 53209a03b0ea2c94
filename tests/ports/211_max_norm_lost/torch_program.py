import torch
from torch import nn


def build():
    model = nn.Sequential(
        nn.Linear(12, 20),
        nn.ReLU(),
        nn.Linear(20, 10),
        nn.ReLU(),
        nn.Linear(10, 1),
        nn.Sigmoid(),
    )
    return model, nn.BCELoss(), torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
