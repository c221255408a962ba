"""What the notebooks call: one package for each lesson, with its questions, its checks, and a file for each drawing."""

from course_lib.threads import share_cores

share_cores()  # every lesson comes by here before it computes
