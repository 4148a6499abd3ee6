# The image of a release: `docker buildx bake -f frontend-image/docker-bake.hcl --push`.

variable "IMAGE" {
  default = "ghcr.io/org/dockerfile-rs"
}

variable "VERSION" {
  default = "1"
}

# What the builder is made of.
variable "BUILDER" {
  default = "debian:sid-slim"
}

# The frontend that builds it, which a lock with recordings needs; Docker's unless said otherwise.
variable "FRONTEND" {
  default = null
}

variable "PLATFORMS" {
  default = "linux/amd64,linux/arm64"
}

# The labs channel has nothing that the stable one has not since 1.27, so both names are of one image.
group "default" {
  targets = ["frontend", "run"]
}

target "built" {
  dockerfile = "frontend-image/Dockerfile"
  platforms  = split(",", PLATFORMS)
  args = {
    BUILDER         = BUILDER
    BUILDKIT_SYNTAX = FRONTEND
  }
}

target "frontend" {
  inherits = ["built"]
  tags     = ["${IMAGE}:${VERSION}", "${IMAGE}:${VERSION}-labs"]
}

# rdf-run, beside each tag of the frontend: `rdf lock --record` looks for it there.
target "run" {
  inherits = ["built"]
  target   = "run"
  tags     = ["${IMAGE}:${VERSION}-run", "${IMAGE}:${VERSION}-labs-run"]
}
