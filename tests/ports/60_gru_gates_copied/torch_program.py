import torch
from torch import nn


class GRUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru_1 = nn.GRU(3, 5, batch_first=True)
        self.gru_2 = nn.GRU(5, 4, batch_first=True)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        x, _ = self.gru_1(x)
        x, _ = self.gru_2(x)
        return self.out(x[:, -1])


def build():
    net = GRUNet()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05)


def gates(a):
    """Keras: one array for all gates; the gates are the last axis, PyTorch's the first."""
    return torch.tensor(a.T)


def load(net, weights):
    with torch.no_grad():
        for gru, (kernel, recurrent, bias) in ((net.gru_1, weights[0:3]), (net.gru_2, weights[3:6])):
            gru.weight_ih_l0.copy_(gates(kernel))
            gru.weight_hh_l0.copy_(gates(recurrent))
            gru.bias_ih_l0.copy_(gates(bias[0]))
            gru.bias_hh_l0.copy_(gates(bias[1]))
        net.out.weight.copy_(torch.tensor(weights[6].T))
        net.out.bias.copy_(torch.tensor(weights[7]))
