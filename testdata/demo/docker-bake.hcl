# `docker buildx bake` builds both, `rdf lock --bake docker-bake.hcl` locks what both fetch.
group "default" {
  targets = ["demo", "words"]
}

target "demo" {
  args = { TITLE = "Two poems, baked" }
}

target "words" {
  target = "count"
}
