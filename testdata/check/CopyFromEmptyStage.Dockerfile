#= nothing is in the stage
#! 6 CopyFromEmptyStage: stage `A` is empty
#! 7 CopyFromEmptyStage: stage `b` is empty
#! 8 CopyFromEmptyStage: stage `a` is empty
FROM scratch AS a
LABEL x=1
FROM a AS b
ENV A=1
FROM x:1
COPY --from=A /x /y
COPY --from=b /x /y
RUN --mount=type=bind,from=a,source=/x,target=/y cat /y
HEALTHCHECK NONE
#= something is in it
FROM scratch AS a
COPY x /x
FROM a AS b
LABEL x=1
FROM x:1 AS c
LABEL x=1
FROM scratch AS d
FROM x:1
COPY --from=b /x /y
COPY --from=c /x /y
COPY --from=z:1 /x /y
COPY --from=d / /y/
RUN --mount=type=bind,from=d,target=/y,rw touch /y/a
HEALTHCHECK NONE
