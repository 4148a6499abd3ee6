#= behind arguments
#! 2 TrailingComment: what follows `#` is part of WORKDIR, not a comment
#! 3 TrailingComment: what follows `#` is part of USER, not a comment
#! 4 TrailingComment: what follows `#` is part of COPY, not a comment
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
