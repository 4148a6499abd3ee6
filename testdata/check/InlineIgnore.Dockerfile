#= comments that suppress
#! 1 InlineIgnore: a comment suppresses findings
#! 3 InlineIgnore: a comment suppresses findings
#! 5 InlineIgnore: a comment suppresses findings
# hadolint ignore=DL3006
FROM x
# rdf: ignore-file=CdInRun
RUN cd /a \
  # shellcheck disable=SC2164
  && b
HEALTHCHECK NONE
#= other comments
# hadolint is run in CI
FROM x:1
# rdf: update=minor
RUN a
HEALTHCHECK NONE
