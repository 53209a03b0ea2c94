import keras
from keras import layers


class MLPMixerLayer(layers.Layer):
    def __init__(self, num_patches, hidden_units, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.normalize1 = layers.LayerNormalization(epsilon=1e-6)
        self.mlp1 = keras.Sequential([layers.Dense(units=num_patches, activation="gelu"), layers.Dense(num_patches)])
        self.normalize2 = layers.LayerNormalization(epsilon=1e-6)
        self.mlp2 = keras.Sequential([layers.Dense(units=hidden_units, activation="gelu"), layers.Dense(hidden_units)])

    def call(self, inputs):
        x = self.normalize1(inputs)
        x_channels = keras.ops.transpose(x, axes=(0, 2, 1))
        mlp1_outputs = self.mlp1(x_channels)
        mlp1_outputs = keras.ops.transpose(mlp1_outputs, axes=(0, 2, 1))
        x = mlp1_outputs + inputs
        x_patches = self.normalize2(x)
        return x + self.mlp2(x_patches)


def build():
    inputs = keras.Input((9, 6))
    x = layers.Dense(8, name="embed")(inputs)
    x = MLPMixerLayer(9, 8, name="mixer")(x)
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, layers.Dense(3, name="head")(x))
    model.compile(keras.optimizers.SGD(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
