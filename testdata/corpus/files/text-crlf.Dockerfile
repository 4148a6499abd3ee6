# syntax=docker/dockerfile:1
FROM alpine:3.20
RUN echo a && \
    echo b
# comment
COPY <<EOF /etc/conf
key=value
EOF
ENV A=1 \
    B="two words"
CMD ["sh"]
