import torch
import torch.nn.functional as F
from torch import nn


class TwoTowers(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(6, 8)
        self.doc = nn.Linear(9, 8)
        self.click = nn.Linear(1, 1)

    def forward(self, query, doc):
        q = F.normalize(F.relu(self.query(query)), dim=1)
        d = F.normalize(F.relu(self.doc(doc)), dim=1)
        return torch.sigmoid(self.click((q * d).sum(1, keepdim=True)))


def build():
    net = TwoTowers()
    return net, nn.BCELoss(), torch.optim.SGD(net.parameters(), lr=0.5)
