module foreground.internal/registry

go 1.26.0

require github.com/distribution/distribution/v3 v3.0.0
