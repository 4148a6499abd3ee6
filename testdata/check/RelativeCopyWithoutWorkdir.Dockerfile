#= relative
#! 2 RelativeCopyWithoutWorkdir: the destination is relative, and no `WORKDIR` is set
FROM python:3.12
COPY a b/
#= absolute, or with a WORKDIR
FROM python:3.12 AS a
COPY a /b/
COPY a $B
WORKDIR /x
COPY a b/
FROM a
COPY a b/
