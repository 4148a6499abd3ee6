#= behind arguments
#! 2 TrailingComment: what follows `#` is no comment but part of WORKDIR
#! 3 TrailingComment: what follows `#` is no comment but part of USER
#! 4 TrailingComment: what follows `#` is no comment but part of COPY
FROM alpine:3.20
WORKDIR /app # where it is
USER app # nobody
COPY a b # both /c/
#= of a shell, quoted, or no comment
FROM alpine:3.20
RUN a # b
CMD a # b
ENV A="b # c" B=c#d
ENV C a#b
COPY a#b /c
