"""From words to a picture: the parts of the library joined, with any sampler and any scheduler.

Everything here is a denoiser, a state to begin with, and a list of levels: what differs between text to image, image to
image and inpainting is how these are made. `Denoising` walks the levels and yields each step.
"""

from course_lib.pipeline.denoising import Denoising, Generated
from course_lib.pipeline.finite import NotFiniteError
from course_lib.pipeline.preparing import prepare
from course_lib.pipeline.remarks import remarks
from course_lib.pipeline.tasks import image_to_image, inpaint, text_to_image, upscale
from course_lib.pipeline.watching import Watched, watch

__all__ = [
    "Denoising", "Generated", "NotFiniteError", "Watched", "image_to_image", "inpaint", "prepare", "remarks",
    "text_to_image", "upscale", "watch",
]  # fmt: skip
