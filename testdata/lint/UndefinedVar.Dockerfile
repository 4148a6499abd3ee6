#= nothing sets it
#! 2 UndefinedVar: Usage of undefined variable '$NAME'
FROM alpine
COPY $NAME /

#= a near name
#! 3 UndefinedVar: Usage of undefined variable '$VERSOIN' (did you mean $VERSION?)
FROM alpine
ARG VERSION=1
COPY $VERSOIN /

#= the base image's variables count
#! 3 UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?)
FROM alpine
ENV P=$PATH
ENV Q=$PAHT

#= an argument above the first stage is not visible
#! 3 UndefinedVar: Usage of undefined variable '$VERSION'
ARG VERSION=1
FROM alpine
LABEL version=$VERSION

#= declared again
ARG VERSION=1
FROM alpine
ARG VERSION
LABEL version=$VERSION

#= an instruction does not see what it sets itself
#! 2 UndefinedVar: Usage of undefined variable '$A'
FROM alpine
ENV A=1 B=$A

#= a default does not set it
#! 2 UndefinedVar: Usage of undefined variable '$DIR'
FROM alpine
WORKDIR ${DIR:-/srv}

#= what the shell expands
FROM alpine
RUN echo $NAME
CMD ["echo", "$NAME"]

#= a literal dollar
FROM alpine
LABEL price='$5' name=\$NAME

#= skipped by a comment
FROM alpine
# check=skip=UndefinedVar
COPY $NAME /
