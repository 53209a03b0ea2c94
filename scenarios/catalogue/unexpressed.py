"""Known differences for which the catalogue has no row yet, with the reasons."""

LAYER = "a spec has no such layer yet"
NOT_A_SPEC = "it is not part of what a spec describes"

UNEXPRESSED = {
    "clip_coef_eps": "a millionth of the norm is too small for a measure",
    "hinge_no_torch_equivalent": "PyTorch has no such loss",
    "mixed_precision": "bfloat16 moves the gradients of a first step by up to 3 %, in Keras as in Lightning, and the "
                       "two are up to 0.9 % apart: what is cast where looks the same as rounding, unless the "
                       "reference rounds every operation as each of them does",
    "bce_upper_clip_asymmetric_f32": "the sixth digit of a clipped loss is too little for a measure",
    "cosine_similarity_sign": "a spec has no such loss yet",
    "hand_rolled_unweighted_epoch_mean": "epoch_loss=mean_of_steps is for Lightning only: fit of Keras weighs steps",
    "accuracy_resolved_by_shape": "it is what the rule of the accuracy says, of which every row is an example",
    "binary_accuracy_on_unsuitable_output": "labels of one output are 0 and 1",
    "truncated_normal_variants": "a spec has no such initializer yet",
    "random_init_defaults": "an initializer of a spec has all its numbers",
    "cce_zero_row_nan": "the measured number is nan, and nan lies in no interval",
    "accuracy_resolved_by_loss_old": "no rule of the accuracy compares ten outputs one by one, as "
                                     "metrics.BinaryAccuracy does",
    **dict.fromkeys(("prelu_alpha", "embedding_init", "lstm_init", "gru_gate_order"), LAYER),
    "bn_frozen_is_inference": "a spec cannot freeze a layer with moving statistics",
    "bn_batch_of_one": "the variance of one number is undefined, and an error is no value of a field",
    "grad_accum_schedule_microsteps": "a schedule together with gradient accumulation is not supported",
    **dict.fromkeys(("rnn_batch_first", "lstm_dropout_of_one_layer", "simple_rnn_biases", "resizing_antialias",
                     "conv2d_transpose_same_stride_2", "upsampling_bilinear", "max_pooling_same_on_torch",
                     "einsum_dense_glorot_fans", "embedding_sparse_gradients", "embedding_padding_idx"), LAYER),
    "rmse_of_batches": "a metric of a spec is that of all samples: the mean of those of batches is made by hand",
    "f1_per_class": "a metric of a spec is one number, and Keras's F1Score without an average is one per class",
    "accuracy_of_tf_2_1_and_2_2": "there is no environment of these versions",
    "from_logits_after_activation": "a loss of logits takes the inputs of the last activation, never its outputs",
    "activity_regularizer_of_a_batch": "a spec says the activity regularizer of a mean, which Keras 3.0 to 3.13 do not "
                                       "divide by the number of samples",
    "early_stopping_on_f1": "EarlyStopping of a spec monitors losses only",
    "decay_argument_of_keras_2_3": "the number of steps is read before or after it is increased, from step to step",
    "adam_step_number_of_keras_2_3": "its correction is that of the step or of the next one, from step to step, and a "
                                     "run says so where it finds such a step",
    "one_cycle_momentum": "a spec has no schedule of a momentum",
    **dict.fromkeys(("huber_delta_lost_in_file", "train_on_batch_running_means", "callbacks_keep_best_over_fits",
                     "evaluate_of_fixed_batches", "evaluate_generator_first_batch", "log_every_n_steps",
                     "steps_per_execution_callbacks", "tensorboard_callback"), NOT_A_SPEC),
    **dict.fromkeys(("input_autocast", "validation_split_tail", "sanity_validation", "val_before_train_epoch_end",
                     "freeze_after_compile", "keras_batch_logs_are_running_means", "initializer_instance_repeats",
                     "silently_ignored_optimizer_args", "mse_shape_broadcast", "jax_oob_label_zero_loss",
                     "tm_mean_drops_nan",
                     "metrics_object_accuracy_equality"), NOT_A_SPEC),
}
