import torch
from torch import nn


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 12), nn.ReLU(), nn.Linear(12, 4))

    def forward(self, x):
        return torch.log_softmax(self.body(x), dim=-1)


def build():
    student = Student()
    loss = nn.KLDivLoss()  # takes log probabilities, and the target's probabilities
    return student, loss, torch.optim.SGD(student.parameters(), lr=0.2)
