import torch
from torch import nn


class Time2Vec(nn.Module):
    def __init__(self, features, size):
        super().__init__()
        self.w0 = nn.Parameter(torch.rand(features))
        self.b0 = nn.Parameter(torch.rand(features))
        self.w = nn.Parameter(torch.rand(features, size))
        self.b = nn.Parameter(torch.rand(features, size))

    def forward(self, x):
        periodic = torch.sin(torch.einsum("btf,fk->btfk", x, self.w) + self.b)
        return torch.cat([self.w0 * x + self.b0, periodic.flatten(2)], dim=-1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = Time2Vec(2, 3)
        self.rnn = nn.RNN(8, 4, batch_first=True, bidirectional=True)
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("bias_hh"):
                nn.init.zeros_(parameter)
                parameter.requires_grad_(False)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        _, h = self.rnn(self.time(x))
        return self.out(h[0] * h[1])


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
