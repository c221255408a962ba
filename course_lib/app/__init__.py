"""What `make lesson` runs: the start, the learner's copies, the doctor, and advice after an error."""
