FROM alpine
RUN --network=none ip a
RUN --network=default ip a
RUN --network=host ip a
RUN --network=none --mount=type=cache,target=/c true
