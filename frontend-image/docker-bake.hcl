# The image of a release: `docker buildx bake -f frontend-image/docker-bake.hcl --push`.

variable "IMAGE" {
  default = "ghcr.io/org/dockerfile-rs"
}

variable "VERSION" {
  default = "1"
}

# The labs channel has nothing that the stable one has not since 1.27, so both names are of one image.
group "default" {
  targets = ["frontend", "run"]
}

target "frontend" {
  dockerfile = "frontend-image/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${IMAGE}:${VERSION}", "${IMAGE}:${VERSION}-labs"]
}

# rdf-run, beside each tag of the frontend: `rdf lock --record` looks for it there.
target "run" {
  dockerfile = "frontend-image/Dockerfile"
  target     = "run"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${IMAGE}:${VERSION}-run", "${IMAGE}:${VERSION}-labs-run"]
}
