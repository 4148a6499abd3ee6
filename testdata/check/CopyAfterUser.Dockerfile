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
#= programs and settings are for root to change
FROM alpine:3.20
USER app
COPY a /usr/local/bin/
COPY a.conf /etc/a.conf
ADD a /
#= places of the user's
#! 3 CopyAfterUser: what is copied does not belong to `app`
#! 4 CopyAfterUser: what is copied does not belong to `app`
FROM alpine:3.20
USER app
COPY usr usr
COPY a /home/app/bin/
#= users of Windows
FROM mcr.microsoft.com/windows/nanoserver:ltsc2025
USER ContainerUser
COPY a C:/a
