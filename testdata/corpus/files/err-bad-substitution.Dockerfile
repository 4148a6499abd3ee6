FROM alpine
ENV A=${B:?must be set}
