import torch
from torch import nn


def block(n_in, n_out, rate):
    return nn.Sequential(
        nn.Linear(n_in, n_out),
        nn.BatchNorm1d(n_out, eps=1e-3, momentum=0.99),
        nn.LeakyReLU(),
        nn.Dropout(rate),
    )


def build():
    model = nn.Sequential(
        block(12, 16, 0.3),
        block(16, 16, 0.3),
        nn.Linear(16, 1),
    )
    return model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.02)
