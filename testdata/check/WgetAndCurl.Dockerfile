#= both
#! 3 WgetAndCurl: both `wget` and `curl` are used
FROM debian:12
RUN curl -fO https://example.com/a
RUN wget -q https://example.com/b && wget -q https://example.com/c
#= in two stages, or installed
FROM debian:12
RUN apt-get install -y wget curl && curl -fO https://example.com/a
FROM debian:12
RUN wget -q https://example.com/b
