import keras
from keras import layers


class EncoderClassifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(12, activation="relu"), layers.Dense(6, activation="relu")])
        self.classifier = layers.Dense(4)

    def call(self, x):
        return self.classifier(self.encoder(x))


def build():
    """Fine-tuning: encoder and classifier are trained together."""
    model = EncoderClassifier()
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
