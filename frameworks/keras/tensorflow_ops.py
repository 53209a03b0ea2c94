"""Operations of TensorFlow 1.14 to 2.x by the names of `keras.ops`, for versions of Keras before 3, which have none."""
import tensorflow as tf

all, argmax, cast, clip, convert_to_tensor = tf.reduce_all, tf.argmax, tf.cast, tf.clip_by_value, tf.convert_to_tensor
cumsum, equal, exp, log = tf.cumsum, tf.equal, tf.exp, tf.math.log
one_hot, log_sigmoid, log_softmax = tf.one_hot, tf.math.log_sigmoid, tf.nn.log_softmax
logical_and, max, maximum, mean = tf.logical_and, tf.reduce_max, tf.maximum, tf.reduce_mean
minimum, ones_like, reshape = tf.minimum, tf.ones_like, tf.reshape
round, scatter_update, sigmoid, softmax = tf.round, tf.tensor_scatter_nd_update, tf.sigmoid, tf.nn.softmax
square, stack, sum, where = tf.square, tf.stack, tf.reduce_sum, tf.compat.v2.where
