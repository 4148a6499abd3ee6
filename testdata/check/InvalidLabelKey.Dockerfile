#= wrong letters, ends and namespaces
#! 2 InvalidLabelKey: the label `Version` is not made of lower-case letters, digits and single `.`, `-` and `_`
#! 3 InvalidLabelKey: the label `a..b` is not made of lower-case letters, digits and single `.`, `-` and `_`
#! 3 InvalidLabelKey: the label `com.docker.x` is in a namespace of Docker
FROM alpine:3.20
LABEL Version=1
LABEL a..b=1 com.docker.x=2
#= right ones
FROM alpine:3.20
LABEL org.opencontainers.image.ref-name=1 "a.b"=2 $KEY=3 version=4
