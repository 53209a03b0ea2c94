import torch
from torch import nn


class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(5, 4), nn.Linear(6, 4)
        self.matrix = nn.Parameter(torch.empty(4, 4))
        nn.init.xavier_uniform_(self.matrix)

    def forward(self, left, right):
        a, b = torch.relu(self.a(left)), torch.relu(self.b(right))
        return torch.einsum("bi,ji,bj->b", a, self.matrix, b).unsqueeze(-1)


def build():
    net = Scorer()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
