FROM alpine
COPY a b c
ADD ["d", "e", "f"]
