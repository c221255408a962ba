"""Exercises and questions, as every lesson has them."""
