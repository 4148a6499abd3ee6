FROM busybox AS parent
ONBUILD RUN echo "from the parent"
ONBUILD COPY --from=helper /etc/passwd /p
FROM busybox AS helper
FROM parent AS child
RUN echo after
FROM child AS grandchild
RUN echo no triggers here
