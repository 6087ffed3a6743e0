DELETE FROM {stage} WHERE line = 0
