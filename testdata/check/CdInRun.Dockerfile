#= a directory for the step
#! 2 CdInRun: a step changes its directory by `cd`
FROM alpine:3.20
RUN cd /app && make
#= in a substitution, and as a word
FROM alpine:3.20
RUN a=$(cd /app && pwd) && echo cd
#= a shell of which a comment for hadolint tells
# hadolint shell=powershell
FROM x
RUN cd /app ; make
