# The images of a release, both channels from one source: `docker buildx bake -f frontend-image/docker-bake.hcl --push`.

variable "IMAGE" {
  default = "ghcr.io/org/dockerfile-rs"
}

variable "VERSION" {
  default = "1"
}

group "default" {
  targets = ["stable", "labs"]
}

target "stable" {
  dockerfile = "frontend-image/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${IMAGE}:${VERSION}"]
}

target "labs" {
  inherits = ["stable"]
  args     = { FEATURES = "frontend,labs" }
  tags     = ["${IMAGE}:${VERSION}-labs"]
}
