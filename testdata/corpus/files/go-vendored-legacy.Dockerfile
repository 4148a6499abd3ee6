FROM golang:1.11
MAINTAINER Ops Team <ops@example.org>

ENV GOPATH /go
ENV PATH $GOPATH/bin:/usr/local/go/bin:$PATH
ENV GO111MODULE off

ADD . /go/src/github.com/example/pinger
WORKDIR /go/src/github.com/example/pinger

RUN go get -u github.com/golang/dep/cmd/dep && \
    dep ensure -vendor-only
RUN go install ./...

EXPOSE 9000
CMD /go/bin/pinger -listen :9000
