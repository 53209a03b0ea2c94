import torch
from torch import nn


class DecoupledSGD(torch.optim.SGD):
    """SGD that takes the decay off the weights before the step, as Keras does."""

    def __init__(self, params, decay, **kwargs):
        super().__init__(params, **kwargs)
        self.decay = decay

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.mul_(1 - group["lr"] * self.decay)
        return super().step(closure)


def build():
    net = nn.Sequential(nn.Linear(11, 20), nn.ReLU(), nn.Linear(20, 3))
    return net, nn.CrossEntropyLoss(), DecoupledSGD(net.parameters(), lr=0.1, momentum=0.9, decay=0.02)
