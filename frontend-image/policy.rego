# Builds take this frontend only if Docker's own build workflow made and signed it from this repository: what buildx asks of
# docker/dockerfile by its default policy. Everything else that a build fetches is allowed.
#
#   docker buildx build --policy filename=policy.rego .      (buildx 0.31 and newer)
package docker

image := "ghcr.io/org/dockerfile-rs"

repository := "org/dockerfile-rs"

default allow := false

is_frontend if input.image.fullRepo == image

is_signed if docker_github_builder(input.image, repository)

allow if not is_frontend

allow if is_signed

deny_msg contains msg if {
	is_frontend
	not is_signed
	msg := sprintf("%s is not signed by a release of %s", [input.image.ref, repository])
}

decision := {"allow": allow, "deny_msg": deny_msg}
