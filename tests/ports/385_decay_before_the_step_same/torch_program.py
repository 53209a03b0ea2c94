import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.full = nn.Conv2d(3, 4, 3, 2, 1)
        self.side = nn.Conv2d(3, 4, 1)
        self.sep_d = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.sep_p = nn.Conv2d(8, 6, 1)
        self.classes = nn.Conv2d(6, 3, 1)

    def forward(self, x):
        half = F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
        x = torch.cat([self.full(x), self.side(half)], 1)
        x = self.sep_p(self.sep_d(F.leaky_relu(x, 0.1)))
        x = torch.amax(x, dim=(2, 3), keepdim=True)
        return self.classes(x)[:, :, 0, 0]


class SGDW(torch.optim.SGD):
    """Decoupled, as in Keras."""

    def __init__(self, params, lr, decay):
        super().__init__(params, lr=lr)
        self.decay = decay

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.mul_(1 - group["lr"] * self.decay)
        return super().step(closure)


def build():
    net = Net()
    return net, nn.CrossEntropyLoss(), SGDW(net.parameters(), 0.1, 0.01)
