"""Known differences for which the catalogue has no row yet, with the reasons."""

LAYER = "the vocabulary has no such layer"
NOT_A_SPEC = "it is no part of a training that a spec describes"

UNEXPRESSED = {
    "keras_logits_lost_by_any_op": "a spec has no operation after the last activation",
    "clip_coef_eps": "a part in a million of the norm decides no behaviour",
    "hinge_no_torch_equivalent": "PyTorch has no such loss, and so nothing to compare",
    "cce_zero_row_nan": "a behaviour of a number that is none cannot be asked",
    "accuracy_resolved_by_loss_old": "an accuracy of single numbers of ten outputs is none of the rules",
    **dict.fromkeys(("prelu_alpha", "embedding_init", "lstm_init", "gru_gate_order"), LAYER),
    "bn_frozen_is_inference": "of a layer with moving statistics, a spec does not say whether it is trained",
    "bn_batch_of_one": "a variance of one number has no textbook, and PyTorch's refusal is no value of a field",
    "grad_accum_schedule_microsteps": "a rate that changes beside an accumulation of gradients is refused",
    **dict.fromkeys(("input_autocast", "validation_split_tail", "sanity_validation", "val_before_train_epoch_end",
                     "freeze_after_compile", "keras_batch_logs_are_running_means", "initializer_instance_repeats",
                     "silently_ignored_optimizer_args", "mse_shape_broadcast", "jax_oob_label_zero_loss",
                     "tm_macro_default", "tm_multilabel_vs_argmax", "tm_mean_drops_nan",
                     "metrics_object_accuracy_equality"), NOT_A_SPEC),
}
