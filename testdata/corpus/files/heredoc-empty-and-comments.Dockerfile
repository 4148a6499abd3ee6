FROM busybox
RUN <<EOF
EOF
RUN <<EOF
# this is not a Dockerfile comment

FROM here on nothing is an instruction
EOF
COPY <<EOF /empty
EOF
