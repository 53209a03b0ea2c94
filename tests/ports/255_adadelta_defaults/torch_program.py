import torch
from torch import nn


def build():
    model = nn.Sequential(nn.Linear(6, 10), nn.Tanh(), nn.Linear(10, 2))
    return model, nn.MSELoss(), torch.optim.Adadelta(model.parameters())
