import torch
import torch.nn.functional as F
from torch import nn


class SignalAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Conv1d(3, 6, 3, padding=1)
        self.code = nn.Conv1d(6, 6, 3, padding=1)
        self.decode = nn.Conv1d(6, 3, 3, padding=1)

    def forward(self, x):
        x = x.permute(0, 2, 1)
        x = F.max_pool1d(F.relu(self.encode(x)), 2)
        x = F.relu(self.code(x))
        x = x.repeat(1, 1, 2)
        return self.decode(x).permute(0, 2, 1)


class ReconstructionLoss(nn.Module):
    def forward(self, pred, target):
        return torch.abs(pred - target).sum() / pred.size(0)


def build():
    model = SignalAE()
    return model, ReconstructionLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
