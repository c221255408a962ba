"""At Stable Diffusion 1.5's own size, with random weights that both sides share in memory: equal to the peers."""

import diffusers
import pytest
import torch
import transformers

from course_lib.models.configs import text_settings, unet_settings, vae_settings
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE
from course_lib.models.weights import fill, our_name
from tests.models.peers import relative

# The configs of Stable Diffusion 1.5, where they differ from the defaults of diffusers and transformers.
UNET = {"cross_attention_dim": 768, "attention_head_dim": 8, "sample_size": 64}
VAE_CONFIG = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
}
TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def shared(peer, ours, old_name=lambda name: name):
    """Give both networks, made on the meta device, the same random numbers; ours through the names of old files."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, empty in peer.state_dict().items():
        if empty.is_floating_point():
            around = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            width = 0.5 / max(1, empty[0].numel() if empty.ndim > 1 else 4) ** 0.5
            tensors[name] = torch.empty(empty.shape).uniform_(around - width, around + width, generator=generator)
        else:
            tensors[name] = torch.arange(empty.numel()).reshape(empty.shape)
    peer.load_state_dict(tensors, assign=True)
    renamed = {our_name(old_name(name)): tensor for name, tensor in tensors.items()}
    renamed.pop(None, None)
    ours = fill(ours, renamed, "random weights", torch.device("cpu"), torch.float32)
    one, other = (next(iter(network.state_dict().values())).data_ptr() for network in (peer, ours))
    assert one == other, "the two must share their memory"
    return peer.eval().requires_grad_(False), ours


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def meta():
    with torch.device("meta"):
        yield


def test_unet(meta):
    peer, ours = diffusers.UNet2DConditionModel(**UNET), UNet(**unet_settings(UNET))
    assert count(ours) == count(peer) == 859_520_964
    with torch.device("cpu"):
        peer, ours = shared(peer, ours)
        x, context = noise(1, 4, 16, 24), noise(1, 77, 768)
        assert relative(ours(x, 501, context), peer(x, 501, context).sample) < 2e-4


def test_vae_with_old_names(meta):
    peer, ours = diffusers.AutoencoderKL(**VAE_CONFIG), VAE(**vae_settings(VAE_CONFIG))
    assert count(ours) == count(peer) == 83_653_863

    def old_name(name):
        for new, old in OLD_NAMES.items():
            name = name.replace(f"mid_block.attentions.0.{new}.", f"mid_block.attentions.0.{old}.")
        return name

    with torch.device("cpu"):
        peer, ours = shared(peer, ours, old_name)
        image = noise(1, 3, 64, 96)
        mean, _ = ours.encode(image)
        assert mean.shape == (1, 4, 8, 12)
        assert relative(mean, peer.encode(image).latent_dist.mean) < 2e-4
        assert relative(ours.decode(mean), peer.decode(mean).sample) < 2e-4


def test_text_encoder_with_old_names(meta):
    with torch.device("cpu"):  # transformers makes a buffer of places that the meta device would leave empty
        peer = transformers.CLIPTextModel(transformers.CLIPTextConfig(**TEXT))
    ours = TextEncoder(**text_settings(TEXT))
    assert count(ours) == count(peer) == 123_060_480
    with torch.device("cpu"):
        peer, ours = shared(peer, ours, lambda name: f"text_model.{name.removeprefix('text_model.')}")
        tokens = torch.randint(0, 49408, (2, 77), generator=torch.Generator().manual_seed(0))
        assert relative(ours(tokens), peer(tokens).last_hidden_state) < 2e-4
