import torch
from torch import nn


class ConstrainedSGD(torch.optim.SGD):
    def step(self, closure=None):
        loss = super().step(closure)
        with torch.no_grad():
            for p in self.param_groups[0]["params"]:
                if p.ndim == 2 and p.shape[0] > 1:
                    norm = p.norm(dim=1, keepdim=True)
                    p.mul_(norm.clamp(max=1.0) / (norm + 1e-7))
        return loss


def build():
    model = nn.Sequential(
        nn.Linear(12, 20),
        nn.ReLU(),
        nn.Linear(20, 10),
        nn.ReLU(),
        nn.Linear(10, 1),
        nn.Sigmoid(),
    )
    return model, nn.BCELoss(), ConstrainedSGD(model.parameters(), lr=0.1, momentum=0.9)
