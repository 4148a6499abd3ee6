#= several commands
#! 2-5 HeredocWithoutErrexit: the heredoc goes on after a command that fails
FROM alpine:3.20
RUN <<EOF
a
b; c
EOF
#= handed to a shell
#! 2-5 HeredocWithoutErrexit: the heredoc goes on after a command that fails
FROM alpine:3.20
RUN bash <<EOF
a
b
EOF
#= one command
FROM alpine:3.20
RUN <<EOF
a && \
  b
EOF
#= set
FROM alpine:3.20
RUN <<EOF
set -eux
a
b
EOF
RUN <<-EOF
	set -o errexit
	a
	b
EOF
#= told otherwise
FROM alpine:3.20
RUN bash -e <<EOF
a
b
EOF
RUN <<EOF
#!/bin/sh -e
a
b
EOF
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN <<EOF
a
b
EOF
#= for another program
FROM python:3.12
RUN python3 <<EOF
print(1)
print(2)
EOF
