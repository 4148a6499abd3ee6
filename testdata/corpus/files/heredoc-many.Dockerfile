# syntax=docker/dockerfile:1
FROM alpine:3.20
RUN <<ONE cat > /one && cat <<TWO > /two
first
ONE
second
TWO
RUN <<EOF python3
print("hello")
EOF
RUN <<'SH'
#!/bin/sh
echo "$HOME is not expanded"
SH
RUN <<-"TABS"
	#!/usr/bin/env bash
	if true; then
		echo nested
	fi
	TABS
COPY <<robots.txt <<humans.txt /usr/share/www/
User-agent: *
robots.txt
${PATH} team
humans.txt
COPY --chmod=600 <<-EOF /root/.netrc
	machine example.org
	login ${USER:-nobody}
EOF
ADD <<EOF /etc/motd
Welcome \
home
EOF
