#= managers
#! 2 UnversionedPackage: `b` and 1 more are installed in whatever version there is
#! 3 UnversionedPackage: `c` is installed in whatever version there is
#! 4 UnversionedPackage: `e` is installed in whatever version there is
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends a=1 b c
RUN apk add --no-cache --virtual .deps c d~1
RUN python3 -m pip install -r requirements.txt 'd==1' e
#= versions, files and variables
FROM debian:12
RUN apt-get install -y -t stable a=1 ./b.deb $PACKAGES
RUN pip install -e . https://example.com/a.whl 'b>=1'
RUN apt-get update && apk update
#= other commands
FROM debian:12
RUN apt-get remove -y a && echo install b
#= of other managers
#! 2 UnversionedPackage: `a-b` is installed in whatever version there is
#! 3 UnversionedPackage: `a` is installed in whatever version there is
#! 4 UnversionedPackage: `@a/b` is installed in whatever version there is
#! 5 UnversionedPackage: `a` is installed in whatever version there is
#! 6 UnversionedPackage: `example.com/a` is installed in whatever version there is
FROM debian:12
RUN dnf install -y a-b c-1.2 @group
RUN zypper -n install a b=1
RUN npm install -g @a/b @a/c@1 d@2
RUN gem install a
RUN go install example.com/a
#= with versions, and of the project
FROM debian:12
RUN npm install && npm ci && go get ./... && go install ./cmd/a && gem install a -v 1 && gem install b:2
RUN yum install -y a-1.2-3.el9 https://example.com/a.rpm && go install example.com/a@v1
#= values of flags
FROM python:3.12
RUN pip install --no-binary a b==1
#= a code is for its package manager
#! 3 UnversionedPackage: `flask` is installed in whatever version there is
FROM debian:12
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y curl && pip install flask
# hadolint ignore=DL3008,DL3013
RUN apt-get update && apt-get install -y curl && pip install flask
HEALTHCHECK NONE
#= the latest version is any version
#! 2 UnversionedPackage: `example.com/a@latest` is installed in whatever version there is
FROM golang:1
RUN go install example.com/a@latest
RUN go install example.com/a@v1.2.3
#= extras of a package are not a pattern
#! 2 UnversionedPackage: `a[b]` and 1 more are installed in whatever version there is
FROM python:3.12
RUN pip install a[b] 'c[d]' e[f]==1 g[$h] i*
