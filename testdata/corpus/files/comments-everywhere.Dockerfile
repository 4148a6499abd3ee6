# syntax=docker/dockerfile:1
# escape=\
# check=skip=none
# a comment
#another=comment

FROM alpine
  # indented
RUN echo "# in a word"   # goes to the shell
ENV A=1 B=# C=2
#last
