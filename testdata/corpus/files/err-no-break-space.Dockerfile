FROM alpine
ENV A=a b
