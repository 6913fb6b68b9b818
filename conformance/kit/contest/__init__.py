"""The contest for an accelerator: batch, headroom and a person who arrives."""
