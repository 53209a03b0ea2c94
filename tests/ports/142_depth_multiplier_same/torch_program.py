import torch
from torch import nn


class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.depthwise = nn.Conv2d(3, 6, 3, stride=2, groups=3)
        self.pointwise = nn.Conv2d(6, 4, 1, bias=False)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        x = nn.functional.relu6(self.depthwise(x))
        return self.out(self.pointwise(x).mean([-2, -1]))


def build():
    net = Mobile()
    return net, nn.HuberLoss(), torch.optim.SGD(net.parameters(), lr=0.1)


def load(net, weights):
    with torch.no_grad():
        depthwise = torch.tensor(weights[0]).permute(2, 3, 0, 1)
        net.depthwise.weight.copy_(depthwise.reshape(6, 1, 3, 3))
        net.depthwise.bias.copy_(torch.tensor(weights[1]))
        net.pointwise.weight.copy_(torch.tensor(weights[2]).permute(3, 2, 0, 1))
        net.out.weight.copy_(torch.tensor(weights[3]).T)
        net.out.bias.copy_(torch.tensor(weights[4]))
