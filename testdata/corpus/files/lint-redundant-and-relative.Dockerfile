FROM --platform=$TARGETPLATFORM alpine
WORKDIR app
MAINTAINER me
ENV a b
LABEL c d
CMD start me
ENTRYPOINT sh -c
EXPOSE 0.0.0.0:80:80
FROM alpine as x
