#= told nothing
#! 2 NoisyDownload: `wget` prints its progress
FROM debian:12
RUN wget -O /a https://example.com/a
#= told something, or another wget
FROM debian:12
RUN wget -qO- https://example.com/a && wget -nv https://example.com/b && wget --progress=dot https://example.com/c
FROM alpine:3.20
RUN wget https://example.com/a
