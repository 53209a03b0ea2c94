import keras
from keras import layers


class PolicyNetwork(keras.Model):
    def __init__(self, actions=3):
        super().__init__()
        self.hidden = layers.Dense(20, activation="relu")
        self.probs = layers.Dense(actions, activation="softmax")

    def call(self, state):
        return self.probs(self.hidden(state))


def build():
    policy = PolicyNetwork()
    policy.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.002))
    return policy
