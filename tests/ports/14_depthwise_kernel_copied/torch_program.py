import torch
from torch import nn


class DepthwiseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw = nn.Conv2d(2, 4, 3, padding=1, groups=2)
        self.pw = nn.Conv2d(4, 6, 1)
        self.logits = nn.Linear(6, 3)

    def forward(self, x):
        x = torch.relu(self.dw(x))
        x = torch.relu(self.pw(x))
        return self.logits(x.mean((2, 3)))


def build():
    net = DepthwiseNet()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)


@torch.no_grad()
def load(net, weights):
    """weights: model.get_weights() of the Keras model"""
    dw, dw_bias, pw, pw_bias, kernel, bias = [torch.tensor(w) for w in weights]
    net.dw.weight.copy_(dw.permute(3, 2, 0, 1).reshape(4, 1, 3, 3))
    net.dw.bias.copy_(dw_bias)
    net.pw.weight.copy_(pw.permute(3, 2, 0, 1))
    net.pw.bias.copy_(pw_bias)
    net.logits.weight.copy_(kernel.T)
    net.logits.bias.copy_(bias)
