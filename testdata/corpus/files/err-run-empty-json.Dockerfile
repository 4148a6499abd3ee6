FROM debian:8
RUN [ ]
