import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(8, 12),
    nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(12, 8),
    nn.ReLU(),
    nn.Linear(8, 3),
    nn.Softmax(dim=1),
)
loss_fn = nn.CrossEntropyLoss()


def build():
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, loss_fn, optimizer
