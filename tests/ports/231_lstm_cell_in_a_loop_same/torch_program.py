import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, features=4, hidden=6):
        super().__init__()
        self.hidden = hidden
        self.cell = nn.LSTMCell(features, hidden)
        nn.init.zeros_(self.cell.bias_hh)
        self.cell.bias_hh.requires_grad_(False)
        self.out = nn.Linear(hidden, 2)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], self.hidden)
        c = x.new_zeros(x.shape[0], self.hidden)
        steps = []
        for t in range(x.shape[1]):
            h, c = self.cell(x[:, t], (h, c))
            steps.append(self.out(h))
        return torch.stack(steps, dim=1)


def build():
    net = Tagger()
    return net, nn.MSELoss(), torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
