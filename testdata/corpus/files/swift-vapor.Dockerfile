FROM swift:5.10 AS compile
WORKDIR /w
COPY Package.swift Package.resolved ./
RUN swift package resolve
COPY Sources Sources
COPY Tests Tests
ARG CONFIG=release
RUN swift test && swift build -c ${CONFIG} --static-swift-stdlib
RUN install -D "$(swift build -c ${CONFIG} --show-bin-path)/Kiosk" /stage/kiosk
FROM ubuntu:24.04
COPY --from=compile /stage /usr/local/bin
COPY Public /srv/Public
WORKDIR /srv
EXPOSE 8080/tcp
CMD ["kiosk", "serve", "-b", "0.0.0.0:8080"]
