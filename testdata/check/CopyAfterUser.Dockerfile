#= without an owner
#! 3 CopyAfterUser: what is copied does not belong to `app`
FROM alpine:3.20
USER app
COPY a /a
#= with one, or of root
FROM alpine:3.20
COPY a /a
USER app
COPY --chown=app a /a
USER root
COPY a /a
