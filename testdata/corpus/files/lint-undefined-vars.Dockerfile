FROM alpine:${TAG:-3}
ARG VERSON=1
RUN echo shell vars are not checked $FOO
COPY $VERSION /a
WORKDIR /app/$PAHT
ENV X=$Y
LABEL v=$VERSON
