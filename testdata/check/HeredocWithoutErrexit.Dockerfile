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
#= one compound command
FROM alpine:3.20
RUN <<EOF
if [ -f a ]; then
  b
else
  c
fi
EOF
RUN <<EOF
case $A in
  a) b ;;
  *) c ;;
esac
EOF
RUN <<EOF
for a in 1 2; do
  b $a || exit 1
done
EOF
RUN <<EOF
a | while read -r x; do b; done
EOF
#= failures are looked at
FROM alpine:3.20
RUN <<EOF
a || exit 1
{ b && c; } || exit 1
(d; ) || exit 1
A=1
echo done
e
EOF
#= within a compound command
#! 2-7 HeredocWithoutErrexit: the heredoc goes on after a command that fails
FROM alpine:3.20
RUN <<EOF
if a; then
  b
  c
fi
EOF
#= behind a compound command
#! 2-5 HeredocWithoutErrexit: the heredoc goes on after a command that fails
FROM alpine:3.20
RUN <<EOF
if a; then b; fi
c
EOF
#= a text is no script
FROM alpine:3.20
RUN <<EOF
cat > /x <<'END'
a
b
END
EOF
