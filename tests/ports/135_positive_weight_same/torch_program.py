import torch
from torch import nn


def build():
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))
    return model, nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0)), torch.optim.SGD(model.parameters(), lr=0.3)
