import torch
from torch import nn


def build():
    # no softmax here, CrossEntropyLoss has it
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(36, 24),
        nn.ReLU(),
        nn.Linear(24, 12),
        nn.Tanh(),
        nn.Linear(12, 10),
    )
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
