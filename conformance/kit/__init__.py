"""Conformance kit: packages site, people, contest and suite, which the tests of a site use."""
