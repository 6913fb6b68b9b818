"""The site's volumes: sparse files that machines get as loop devices."""
