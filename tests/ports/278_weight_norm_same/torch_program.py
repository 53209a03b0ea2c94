import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm


def build():
    net = nn.Sequential(
        weight_norm(nn.Linear(7, 9)),
        nn.Tanh(),
        weight_norm(nn.Linear(9, 2)),
    )
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
