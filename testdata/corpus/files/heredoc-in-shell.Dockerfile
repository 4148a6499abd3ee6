FROM debian:12
RUN cat <<EOF > /etc/apt/sources.list
deb http://deb.example.org/debian bookworm main
deb http://deb.example.org/debian-security bookworm-security main
EOF
RUN cat > /usr/local/bin/hello <<END && chmod +x /usr/local/bin/hello
#!/bin/sh
echo hello
END
RUN cat 3<<A <<'B'
for three
A
$for zero
B
CMD ["hello"]
