"""The whole: which parts a site is made of, in which order."""
