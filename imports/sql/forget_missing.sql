DELETE FROM {stage} WHERE is_missing
