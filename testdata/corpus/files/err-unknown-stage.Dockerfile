FROM alpine AS a
COPY --from=5 /x /y
