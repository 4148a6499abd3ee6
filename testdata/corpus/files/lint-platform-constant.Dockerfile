FROM --platform=linux/amd64 alpine AS a
FROM --platform=$TARGETPLATFORM alpine AS b
FROM --platform=linux/arm64 alpine
COPY --from=a / /a
COPY --from=b / /b
