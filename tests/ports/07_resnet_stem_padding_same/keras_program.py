"""ResNet stem as in keras.applications.resnet: padding 3 by hand, 7x7 stride 2, padding 1 by hand, pooling stride 2."""
import keras
from keras import layers


class Stem(keras.Model):
    def __init__(self, classes=3):
        super().__init__()
        self.pad1 = layers.ZeroPadding2D(3)
        self.conv = layers.Conv2D(4, 7, strides=2)
        self.act = layers.Activation("relu")
        self.pad2 = layers.ZeroPadding2D(1)
        self.pool = layers.MaxPooling2D(3, strides=2)
        self.gap = layers.GlobalAveragePooling2D()
        self.fc = layers.Dense(classes)

    def call(self, x, training=False):
        x = self.act(self.conv(self.pad1(x)))
        x = self.pool(self.pad2(x))
        return self.fc(self.gap(x))


def build():
    model = Stem()
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.05, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
