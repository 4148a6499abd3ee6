#= another registry
#? trusted docker.io *.example.com
#! 1 UntrustedRegistry: `quay.io` is not a trusted registry
FROM quay.io/a/b:1
FROM alpine:3.20
FROM mirror.example.com/a:1
#= nothing is configured
FROM quay.io/a/b:1
