COPY {stage} ({columns}) FROM STDIN (FORMAT csv, DELIMITER {delimiter})
