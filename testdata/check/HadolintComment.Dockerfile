#= codes could be names
#! 1 HadolintComment: a comment is for hadolint
#! 3 HadolintComment: a comment is for hadolint
# hadolint ignore=DL3006
FROM x
# hadolint global ignore=DL3003,SC2086
RUN cd /a
HEALTHCHECK NONE
#= they are
# rdf: ignore=LatestTag
FROM x
HEALTHCHECK NONE
