import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, n_in, n_out, r=2, alpha=8):
        super().__init__()
        self.base = nn.Linear(n_in, n_out)
        self.lora_A = nn.Linear(n_in, r, bias=False)
        self.lora_B = nn.Linear(r, n_out, bias=False)
        self.scaling = alpha
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x):
        return self.base(x) + self.lora_B(self.lora_A(x)) * self.scaling


def build():
    net = nn.Sequential(LoRALinear(6, 10), nn.ReLU(), nn.Linear(10, 3))
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.05)
