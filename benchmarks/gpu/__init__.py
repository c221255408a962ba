"""What a GPU shows: `python -m benchmarks gpu --out FOLDER`. It needs PyTorch and safetensors, and no network."""
