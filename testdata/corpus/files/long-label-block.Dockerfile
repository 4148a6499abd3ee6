FROM alpine:3
LABEL org.opencontainers.image.created="2024-01-01T00:00:00Z" \
      org.opencontainers.image.authors="A <a@example.org>, B <b@example.org>" \
      org.opencontainers.image.url="https://example.org/" \
      org.opencontainers.image.documentation="https://example.org/docs?x=1&y=2#z" \
      org.opencontainers.image.source="https://git.example.org/x.git" \
      org.opencontainers.image.version="1.2.3+build.5" \
      org.opencontainers.image.revision="0123456789abcdef" \
      org.opencontainers.image.vendor="ACME \"Inc.\"" \
      org.opencontainers.image.description="Multi\nline? No, backslash n." \
      com.example.empty="" \
      com.example.json='{"a": [1, 2, {"b": "c"}]}'
