import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Linear(9, 4)
        self.decode = nn.Linear(4, 9, bias=False)
        self.bias = nn.Parameter(torch.zeros(9))

    def forward(self, x):
        h = torch.tanh(self.encode(x))
        return self.decode(h) + self.bias


def load(net, weights):
    kernel, bias, decoder_bias = [w for w in weights]
    with torch.no_grad():
        net.encode.weight.copy_(torch.tensor(kernel).T)
        net.encode.bias.copy_(torch.tensor(bias))
        net.decode.weight.copy_(torch.tensor(kernel))
        net.bias.copy_(torch.tensor(decoder_bias))


def build():
    net = Autoencoder()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.2)
