"""How Stable Diffusion works: the library behind the lessons, written to be read.

layers, models, diffusion, schedulers and samplers hold the mathematics, datasets opens the pictures; each is loaded
when it is first asked for. Figures, lessons and widgets are imported by name where they are wanted.
"""

import importlib

__version__ = "0.1.0"

__all__ = ["datasets", "diffusion", "layers", "models", "samplers", "schedulers"]


def __getattr__(name: str):
    # Loaded on demand, so that the doctor can speak where PyTorch is broken.
    if name in __all__:
        return importlib.import_module(f"course_lib.{name}")
    raise AttributeError(f"module 'course_lib' has no attribute {name!r}")
