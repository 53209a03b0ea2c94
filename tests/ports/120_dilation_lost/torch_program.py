import torch
import torch.nn.functional as F
from torch import nn


class ASPP(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.branches = nn.ModuleDict({
            "atrous": nn.Conv2d(6, 4, 3, padding="same"),
            "point": nn.Conv2d(6, 4, 1),
        })
        self.classes = nn.Linear(8, 3)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = torch.cat([branch(x) for branch in self.branches.values()], dim=1)
        return self.classes(F.relu(x).mean(dim=(2, 3)))


def build():
    net = ASPP()
    return net, F.cross_entropy, torch.optim.SGD(net.parameters(), lr=0.01)
