# check=skip=all
FROM alpine as x
MAINTAINER me
ENV a b
cmd foo
