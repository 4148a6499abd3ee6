FROM alpine:3.20@sha256:beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d AS certs
RUN apk --update add ca-certificates
FROM gcr.io/distroless/static:nonroot
COPY --from=certs /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chmod=0555 bin/agent /agent
USER nonroot:nonroot
ENTRYPOINT [ "/agent" ]
