"""The exact problem of the lessons on samplers: three blobs in the plane, the board, and particles that walk on it."""
