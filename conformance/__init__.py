"""What a site must satisfy, and the tests that show it on any site."""
