"""The layers that image networks are made of, as plain functions: formula above, code below."""

from course_lib.layers.activation import (
    gelu,
    gelu_gradient,
    quick_gelu,
    quick_gelu_gradient,
    relu,
    relu_gradient,
    silu,
    silu_gradient,
)
from course_lib.layers.attention import attention, causal_mask, join_heads, split_heads
from course_lib.layers.convolution import conv2d, conv2d_loops, conv_transpose2d, output_size, pad, unfold
from course_lib.layers.embedding import timestep_embedding
from course_lib.layers.normalization import group_norm, layer_norm
from course_lib.layers.pooling import avg_pool2d, max_pool2d
from course_lib.layers.upsampling import upsample_nearest

__all__ = [
    "attention",
    "avg_pool2d",
    "causal_mask",
    "conv2d",
    "conv2d_loops",
    "conv_transpose2d",
    "gelu",
    "gelu_gradient",
    "group_norm",
    "join_heads",
    "layer_norm",
    "max_pool2d",
    "output_size",
    "pad",
    "quick_gelu",
    "quick_gelu_gradient",
    "relu",
    "relu_gradient",
    "silu",
    "silu_gradient",
    "split_heads",
    "timestep_embedding",
    "unfold",
    "upsample_nearest",
]
