"""Let PyTorch round as some other processor might, to find what hangs on the last bit.

IPython runs this file at the start of a kernel where PYTHONSTARTUP names it.
"""

from torch import Generator, Tensor, float32, float64, rand, where
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

SUMS = {"convolution", "mm", "addmm", "bmm", "baddbmm", "mv", "dot", "sum", "mean", "cumsum", "avg_pool2d"}
SUMS |= {"upsample_bilinear2d", "upsample_bicubic2d", "_upsample_bilinear2d_aa"}
FUNCTIONS = {"exp", "expm1", "log", "log1p", "pow", "sin", "cos", "tanh", "sigmoid", "erf", "silu", "gelu", "rsqrt"}
FUNCTIONS |= {"_softmax", "_log_softmax", "std", "var", "linalg_vector_norm", "native_layer_norm", "native_group_norm"}
FUNCTIONS |= {"_scaled_dot_product_flash_attention_for_cpu"}
LAST_BITS = {float32: 2.0**-23, float64: 2.0**-52}


class OtherRounding(TorchDispatchMode):
    """Move each result of SUMS by up to a last bit of the sizes that were added, and of FUNCTIONS by one of its own.

    What every processor gets exactly stays: sums of multiples of 1/256, and results that are such a multiple. The same
    call gives the same result again.
    """

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        options = options or {}
        results = function(*arguments, **options)
        result = results[0] if isinstance(results, tuple) else results
        name = function.overloadpacket.__name__
        if name not in SUMS | FUNCTIONS or function._schema.is_mutable or not is_real(result):
            return results
        if name in SUMS:
            given = (arguments, options)
            if all(is_exact(leaf).all() for leaf in tree_leaves(given) if is_real(leaf)):
                return results
            positive, settings = tree_map(lambda leaf: leaf.abs() if is_real(leaf) else leaf, given)
            size = function(*positive, **settings)
        else:
            size = where(is_exact(result), 0, result.abs())
        noise = 2 * rand(result.shape, dtype=result.dtype, generator=Generator().manual_seed(1)) - 1
        moved = result + LAST_BITS[result.dtype] * size * noise
        return (moved, *results[1:]) if isinstance(results, tuple) else moved


def is_real(value: object) -> bool:
    """Whether this is a tensor of floats that are there: on the meta device none are."""
    return isinstance(value, Tensor) and value.dtype in LAST_BITS and not value.is_meta


def is_exact(numbers: Tensor) -> Tensor:
    """Which numbers are multiples of 1/256."""
    return (256 * numbers).frac() == 0


if __name__ == "__main__":
    OtherRounding().__enter__()
