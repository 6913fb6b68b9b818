"""Pulumi program of a site: which parts of infra/ it consists of, in which order."""
