"""What the lessons use around the mathematics: checks of exercises, questions, and the learner's copies."""
