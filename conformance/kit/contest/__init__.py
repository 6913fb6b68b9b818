"""The contest for accelerators: batch jobs fill the site, a session starts, batch is evicted."""
