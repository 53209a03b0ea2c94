"""Known differences for which the catalogue has no row yet, with the reasons."""

LAYER = "a spec has no such layer yet"
NOT_A_SPEC = "it is not part of what a spec describes"

UNEXPRESSED = {
    "keras_logits_lost_by_any_op": "a spec has no operation after the last activation",
    "clip_coef_eps": "a millionth of the norm is too small for a measure",
    "hinge_no_torch_equivalent": "PyTorch has no such loss",
    "cce_zero_row_nan": "the measured number is nan, and nan lies in no interval",
    "accuracy_resolved_by_loss_old": "no rule of the accuracy compares ten outputs one by one",
    **dict.fromkeys(("prelu_alpha", "embedding_init", "lstm_init", "gru_gate_order"), LAYER),
    "bn_frozen_is_inference": "a spec cannot freeze a layer with moving statistics",
    "bn_batch_of_one": "the variance of one number is undefined, and an error is no value of a field",
    "grad_accum_schedule_microsteps": "a schedule together with gradient accumulation is not supported",
    **dict.fromkeys(("input_autocast", "validation_split_tail", "sanity_validation", "val_before_train_epoch_end",
                     "freeze_after_compile", "keras_batch_logs_are_running_means", "initializer_instance_repeats",
                     "silently_ignored_optimizer_args", "mse_shape_broadcast", "jax_oob_label_zero_loss",
                     "tm_macro_default", "tm_multilabel_vs_argmax", "tm_mean_drops_nan",
                     "metrics_object_accuracy_equality"), NOT_A_SPEC),
}
