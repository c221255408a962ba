"""How the small Stable Diffusion is trained, and what measures it.

`loop` is what every training shares. Each network has a module that trains it: python -m course_lib.training.unet
"""
