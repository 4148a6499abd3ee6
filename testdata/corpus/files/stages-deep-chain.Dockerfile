FROM busybox AS s0
RUN echo 0
FROM s0 AS s1
RUN echo 1
FROM s1 AS s2
RUN echo 2
FROM s2 AS s3
COPY --from=s0 /bin/sh /s0
RUN echo 3
FROM s3 AS s4
COPY --from=2 /bin/sh /s2
RUN echo 4
FROM busybox AS unused
RUN exit 1
FROM s4
COPY --from=s1 /bin/sh /s1
