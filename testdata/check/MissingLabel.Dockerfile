#= a label is missing
#! 1 MissingLabel: label `org.example.b` is missing
#? labels org.example.a=text org.example.b=url
FROM x:1
LABEL org.example.a="1" other=2
HEALTHCHECK NONE
#= labels of the stages below count, stages that are used are left alone
#? labels org.example.a=text
FROM y:1 AS tools
RUN a
FROM x:1 AS base
LABEL "org.example.a"="1"
FROM base
COPY --from=tools /a /b
HEALTHCHECK NONE
#= nothing is asked for
FROM x:1
HEALTHCHECK NONE
