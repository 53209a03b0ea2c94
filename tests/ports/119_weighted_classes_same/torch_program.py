import torch
from torch import nn

WEIGHT = torch.tensor([1.0, 3.0, 0.5])


class WeightedLoss(nn.Module):
    def forward(self, logits, y):
        loss = nn.functional.cross_entropy(logits, y.argmax(1), weight=WEIGHT.to(logits), reduction="sum")
        return loss / len(y)


def build():
    model = nn.Sequential(nn.Linear(6, 8), nn.SELU(), nn.Linear(8, 3))
    return model, WeightedLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
