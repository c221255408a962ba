"""How Stable Diffusion works: the library behind the lessons, written to be read.

layers, diffusion, schedulers and samplers hold the mathematics, datasets opens the pictures. Figures, lessons and
widgets are imported by name where they are wanted: importing the package loads PyTorch and Pillow, nothing heavier.
"""

from course_lib import datasets, diffusion, layers, samplers, schedulers

__version__ = "0.1.0"

__all__ = ["datasets", "diffusion", "layers", "samplers", "schedulers"]
