"""What a user would write: the reported trainings of lr_scaling in PyTorch Lightning.

Takes the data folder and the number of epochs.
"""

import sys

import numpy as np
import pytorch_lightning as pl
import torch
import torchmetrics
from torch.utils.data import DataLoader, TensorDataset

folder = sys.argv[1]
x, y, x_test, y_test = (torch.from_numpy(np.load(f"{folder}/{name}.npy")) for name in
                        ("train_images", "train_labels", "test_images", "test_labels"))


class Module(pl.LightningModule):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate
        self.model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10), torch.nn.Sigmoid())
        self.accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=10)
        self.val_accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=10)

    def training_step(self, batch, index):
        images, labels = batch
        outputs = self.model(images)
        loss = torch.nn.functional.cross_entropy(outputs, labels)
        self.accuracy(outputs, labels)
        self.log("loss", loss, on_step=False, on_epoch=True)
        self.log("accuracy", self.accuracy, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, index):
        images, labels = batch
        outputs = self.model(images)
        self.val_accuracy(outputs, labels)
        self.log("val_loss", torch.nn.functional.cross_entropy(outputs, labels))
        self.log("val_accuracy", self.val_accuracy)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.rate)


train = DataLoader(TensorDataset(x.float(), y.long()), batch_size=32, shuffle=True)
test = DataLoader(TensorDataset(x_test.float(), y_test.long()), batch_size=32)
for rate in (0.01, 0.03):
    pl.Trainer(max_epochs=int(sys.argv[2]), logger=False, enable_checkpointing=False).fit(Module(rate), train, test)
