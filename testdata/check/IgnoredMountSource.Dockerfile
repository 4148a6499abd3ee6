#= the source is ignored
#! 2 IgnoredMountSource: `secrets/key` is mounted, and excluded by .dockerignore
#? ignores secrets
FROM x:1
RUN --mount=type=bind,source=secrets/key,target=/key cat /key
HEALTHCHECK NONE
#= it is not, or is of a stage
#? ignores secrets
FROM x:1 AS s
RUN --mount=type=bind,source=public/key,target=/key cat /key
FROM x:1
RUN --mount=type=bind,from=s,source=secrets/key,target=/key cat /key
RUN --mount=type=bind,target=/src cat /src/a
HEALTHCHECK NONE
