"""Samplers that are not one estimator and one noise rule: each brings a loop of its own, behind the same two calls."""
