"""What the samplers with a loop of their own are built of."""
