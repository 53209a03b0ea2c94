import torch
from torch import nn


class TextCNN(nn.Module):
    def __init__(self, words=30, dim=6, filters=5, sizes=(2, 3)):
        super().__init__()
        self.embedding = nn.Embedding(words, dim)
        self.convs = nn.ModuleList([nn.Conv1d(dim, filters, k) for k in sizes])
        self.spam = nn.Linear(filters * len(sizes), 1)

    def forward(self, text):
        x = self.embedding(text).permute(0, 2, 1)
        pooled = [torch.relu(conv(x)).amax(-1) for conv in self.convs]
        return torch.sigmoid(self.spam(torch.cat(pooled, 1)))


def build():
    model = TextCNN()
    return model, nn.BCELoss(), torch.optim.SGD(model.parameters(), lr=0.01)
