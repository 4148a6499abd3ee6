FROM alpine
RUN echovtff
ENV A="a b"
ENV C d e
RUN echo after form feed
