"""Student network: learns the teacher's probabilities."""
import keras
from keras import layers


def build():
    student = keras.Sequential([
        keras.Input((10,)),
        layers.Dense(12, activation="relu"),
        layers.Dense(4, activation="softmax"),
    ], name="student")
    student.compile(optimizer=keras.optimizers.SGD(0.2), loss="kl_divergence")
    return student
