FROM alpine AS root
RUN echo root > /r
FROM root AS left
RUN echo left > /l
FROM root AS right
RUN echo right > /rr
FROM scratch AS join
COPY --from=left /l /
COPY --from=right /rr /
FROM join
COPY --from=root /r /
