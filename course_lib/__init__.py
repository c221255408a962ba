"""How Stable Diffusion works: the library behind the lessons, written to be read.

Importing this package loads nothing heavy: each part is loaded when it is first asked for.
"""

__version__ = "0.1.0"
