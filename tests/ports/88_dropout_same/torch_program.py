import torch
import torch.nn.functional as F
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(15, 20)
        self.scores = nn.Linear(20, 4)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.dropout(x, 0.25, training=self.training)
        x = self.dropout(F.relu(self.hidden(x)))
        return self.scores(x)


def build():
    model = Classifier()
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
