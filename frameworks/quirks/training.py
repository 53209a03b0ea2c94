"""Default rules of batches, reported metrics and the accuracy. Evidence refers to the versions in `rules.VERSIONS`."""

from __future__ import annotations

from frameworks.quirks.conditions import one_logit, one_output, outputs_only_counted
from frameworks.quirks.rule import UNPUBLISHED, field, keras, lightning, on_tensorflow, reference, torch, torchmetrics
from frameworks.quirks.versions import BEFORE_3, BEFORE_TF_KERAS

FIELDS = (
    field("Training.batch_size", "data", published=False, rules=(
        keras(value=32, evidence="keras/src/trainers/data_adapters/array_data_adapter.py:88"),
        torch(value=1, evidence="torch/utils/data/dataloader.py:258",
              explanation="PyTorch's DataLoader has the default batch size 1, Keras's fit 32",
              fix="pass `batch_size` explicitly"),
        reference(value=32, evidence=UNPUBLISHED))),
    field("Training.shuffle", "data", rules=(
        keras(value=True, packages=BEFORE_3,
              evidence="tf_keras/src/engine/data_adapter.py:302: one iterator for all epochs"),
        on_tensorflow(value="once",
                      evidence="keras/src/trainers/data_adapters/array_data_adapter.py:134: tf.random.shuffle; its "
                               "seed begins again with every epoch's iterator",
                      explanation="with `keras.utils.set_random_seed`, Keras on TensorFlow shuffles once: every epoch "
                                  "has the order of the first",
                      fix="shuffle the arrays yourself and call `fit` for one epoch at a time"),
        keras(value=True, evidence="keras/src/backend/jax/trainer.py:372"),
        torch(value=False, evidence="torch/utils/data/dataloader.py:259",
              explanation="PyTorch's DataLoader does not shuffle by default, Keras's fit does",
              fix="pass `shuffle=True`"),
        reference(value=True, evidence="Goodfellow et al. 2016, section 8.1.3"))),
    field("Training.epoch_loss", "metric", published=False, rules=(
        keras(value="mean_of_samples", evidence="keras/src/backend/tensorflow/trainer.py:71"),
        lightning(value="last_step",
                  evidence="pytorch_lightning/trainer/connectors/logger_connector/fx_validator.py:129",
                  explanation="in a `training_step`, Lightning's `self.log` reports the loss of the last step of an "
                              "epoch, Keras's fit the mean over its samples",
                  fix="pass `on_step=False, on_epoch=True` to `self.log`"),
        reference(value="mean_of_samples", evidence=UNPUBLISHED))),
    field("Training.printed_rate", "metric", published=False, rules=(
        keras(value="next_step", evidence="keras/src/optimizers/base_optimizer.py:781: the rate of the next step"),
        lightning(value="first_step", convention=True, evidence="pytorch_lightning/callbacks/lr_monitor.py:180",
                  explanation="a LearningRateMonitor with `logging_interval=\"epoch\"` logs the learning rate of the "
                              "first step of an epoch, Keras's `optimizer.learning_rate` at its end is that of the "
                              "next step",
                  fix="log `trainer.optimizers[0].param_groups[0][\"lr\"]` in `on_train_epoch_end`"),
        reference(value="next_step", evidence=UNPUBLISHED))),
    field("Accuracy.rule", "metric", rules=(
        keras(value="argmax_logits", origin="TensorFlow", when=outputs_only_counted, backend="tensorflow",
              packages=(("tf.keras", "2.4", "2.15"), ("tf_keras", "", ""), ("Keras", "3.3", "3.8")),
              evidence="measured up to Keras 3.7: Grappler's arithmetic optimization replaces argmax(sigmoid(x)) by "
                       "argmax(x) where nothing else uses the sigmoid, and does not if it is switched off or if the "
                       "loss uses the outputs; from 3.9 on, keras/src/backend/tensorflow/numpy.py has another argmax",
              explanation="TensorFlow rewrites the graph so that accuracy compares the logits, not the outputs of the "
                          "{activation}", fix="compute the accuracy from `model.predict`"),
        keras(value="round", when=one_output, packages=BEFORE_TF_KERAS,
              evidence="keras/metrics.py:26 (2.2.4)",
              explanation="Keras up to 2.3.1 rounds each output before the comparison, so that outputs of 1.5 and "
                          "more, or below -0.5, always count as wrong", fix="use tf.keras or Keras 3"),
        keras(value="threshold", when=one_output, evidence="keras/src/metrics/accuracy_metrics.py:63"),
        keras(value="argmax_outputs", evidence="keras/src/trainers/compile_utils.py:40"),
        torchmetrics(value="sigmoid_first", when=one_output, evidence="torchmetrics/utilities/compute.py:201",
                     explanation="torchmetrics applies sigmoid to all outputs of a batch as soon as one lies outside "
                                 "[0, 1]", fix="pass probabilities to torchmetrics, or threshold the outputs yourself"),
        torchmetrics(value="argmax_outputs", evidence="torchmetrics/functional/classification/stat_scores.py:341"),
        reference(value="threshold", when=one_output, evidence="Bishop 2006, section 1.5.1"),
        reference(value="argmax_outputs", evidence="Bishop 2006, section 1.5.1"))),
    field("Accuracy.threshold", "metric", rules=(
        keras(value=0.5, when=one_logit, evidence="keras/src/metrics/accuracy_metrics.py:63",
              explanation="Keras's accuracy counts an output above 0.5 as class 1, also where the output is a logit, "
                          "for which the threshold is 0",
              fix="use `metrics=[keras.metrics.BinaryAccuracy(threshold=0)]` for logits"),
        keras(value=0.5, evidence="keras/src/metrics/accuracy_metrics.py:63"),
        torchmetrics(value=0.5, evidence="torchmetrics/classification/accuracy.py:495"),
        reference(value=0.0, when=one_logit,
                  evidence="Bishop 2006, section 4.2: a logit of 0 is a probability of one half"),
        reference(value=0.5, evidence="Bishop 2006, section 1.5.1"))),
)
