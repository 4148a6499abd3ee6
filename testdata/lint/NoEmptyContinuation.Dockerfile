#= an empty line within RUN
#! 4 NoEmptyContinuation: Empty continuation line
FROM alpine
RUN echo a && \

    echo b

#= a comment there
FROM alpine
RUN echo a && \
    # words
    echo b

#= an empty line between instructions
FROM alpine

RUN true
