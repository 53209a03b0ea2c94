import keras
from keras import layers


class TwoHeads(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = keras.Sequential([layers.Dense(12, activation="selu"), layers.Dense(8, activation="selu")])
        self.policy = layers.Dense(4, activation="softmax")
        self.value = layers.Dense(1, activation="tanh")

    def call(self, board):
        h = self.body(board)
        return self.policy(h), self.value(h)


def build():
    model = TwoHeads()
    model.compile(optimizer=keras.optimizers.SGD(0.05, weight_decay=1e-2),
                  loss=["categorical_crossentropy", "mean_squared_error"], loss_weights=[1.0, 0.5])
    return model
