ARG PREFIX=lib
FROM debian:12
ARG NAME=fooBARfoo.tar.gz
ARG EMPTY=
ENV A1=${NAME#foo} A2=${NAME##*o} A3=${NAME%.gz} A4=${NAME%%.*}
ENV B1=${NAME/foo/X} B2=${NAME//foo/X} B3=${NAME/o?/_}
ENV C1=${EMPTY:-colon} C2=${EMPTY-nocolon} C3=${UNSET-nocolon} C4=${UNSET:+x}
ENV D1="a${NAME}b" D2='a${NAME}b' D3=a\${NAME}b
WORKDIR /opt/${NAME%%.*}/${UNSET:-default}
USER ${UNSET:-1000}:${UNSET:-1000}
EXPOSE ${PORT:-8080}/tcp
VOLUME /${NAME%.tar.gz}
STOPSIGNAL ${SIG:-SIGINT}
COPY ${NAME} ${NAME%.gz} /dst/
LABEL "$NAME"="${NAME}" x.$EMPTY.y=z
