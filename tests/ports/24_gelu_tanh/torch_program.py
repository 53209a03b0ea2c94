import torch
from torch import nn
from torch.nn.functional import gelu


class BertHead(nn.Module):
    def __init__(self, hidden=8, intermediate=32, num_labels=2):
        super().__init__()
        self.intermediate = nn.Linear(hidden, intermediate)
        self.output_dense = nn.Linear(intermediate, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.classifier = nn.Linear(hidden, num_labels)

    def forward(self, pooled):
        x = gelu(self.intermediate(pooled))
        x = self.output_norm(self.output_dense(x))
        return self.classifier(x)


def build():
    head = BertHead()
    return head, nn.CrossEntropyLoss(), torch.optim.SGD(head.parameters(), lr=0.1)
