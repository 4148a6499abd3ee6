FROM alpine
LABEL a="unclosed
