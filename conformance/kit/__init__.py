"""Conformance kit: what every test of a site uses; rooms site, people, contest and suite."""
